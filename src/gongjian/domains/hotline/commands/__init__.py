"""What the hotline does from the command line; `gongjian hotline` leads here."""
