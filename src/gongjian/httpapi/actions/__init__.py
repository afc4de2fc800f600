"""What changes keys, subscriptions and deliveries."""
