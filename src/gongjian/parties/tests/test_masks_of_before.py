"""Masks written by an older version showed what proves a matter; the migration covers them."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from gongjian.parties.models import Contact
from gongjian.testing.clock import MONDAY_MORNING


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("138 **** 5678", "138 ********"), ("755 **** 1234", "755 ********"), ("**** 34", "********"),
        ("138 ********", "138 ********"), ("", ""),
    ],
)  # fmt: skip
def test_a_mask_of_before_keeps_its_first_three_digits(before, after):
    contact = Contact.objects.create(name="", phone="", email="", mask_phone=before, created_at=MONDAY_MORNING)
    with connection.cursor() as cursor:
        cursor.execute(MigrationLoader(connection).get_migration("parties", "0004_masks").operations[0].sql)
    contact.refresh_from_db()
    assert contact.mask_phone == after
