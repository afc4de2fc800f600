"""The field on a table of its own, made for the test: sealing has no models."""

import pickle

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models
from django.db.migrations.writer import MigrationWriter
from django.template import Context, Engine

from gongjian.sealing.fields import Sealed, SealedTextField
from gongjian.sealing.keys import Broken, UnknownKey
from gongjian.sealing.rotation import rotate

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


class Slip(models.Model):
    name = SealedTextField()
    phone = SealedTextField(null=True)

    class Meta:
        app_label = "sealing"
        apps = Apps()  # a list of its own: nobody else's walk over all tables may meet this one
        managed = False


@pytest.fixture
def table(db):
    with connection.schema_editor() as editor:
        editor.create_model(Slip)


def raw(column="name"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {Slip._meta.db_table} ORDER BY id")
        return [None if value is None else bytes(value) for (value,) in cursor.fetchall()]


@pytest.fixture
def opened(monkeypatch):
    """Count how often something is really decrypted."""
    count = []
    honest = Sealed.open
    monkeypatch.setattr(Sealed, "open", lambda self: count.append(1) or honest(self))
    return count


def test_the_database_sees_bytes_and_the_reader_the_text(table):
    Slip.objects.create(name="刘小明", phone=None)
    slip = Slip.objects.get()
    assert "刘小明".encode() not in raw()[0]
    assert slip.name.open() == "刘小明"
    assert slip.phone is None
    assert Slip.objects.values_list("name", flat=True).get().open() == "刘小明"


def test_a_list_opens_nothing(table, opened):
    Slip.objects.bulk_create([Slip(name=f"人{n}", phone="13812345678") for n in range(20)])
    assert len([slip.name for slip in Slip.objects.all()]) == 20
    assert opened == []


def test_assigning_gives_the_same_kind_of_object_as_reading(table):
    slip = Slip(name="刘小明")
    assert isinstance(slip.name, Sealed)
    slip.save()
    slip.phone = "13812345678"
    slip.save(update_fields=["phone"])
    assert Slip.objects.get().phone == slip.phone
    assert Slip.objects.get().name != slip.phone


def test_saving_an_unopened_value_writes_the_same_bytes(table):
    Slip.objects.create(name="刘小明")
    before = raw()
    Slip.objects.get().save()
    assert raw() == before


def test_update_and_bulk_update_seal_too(table):
    slip = Slip.objects.create(name="甲")
    Slip.objects.update(name="乙")
    assert Slip.objects.get().name.open() == "乙"
    slip.name = "丙"
    Slip.objects.bulk_update([slip], ["name"])
    assert Slip.objects.get().name.open() == "丙"


def test_a_value_carried_to_another_column_is_sealed_for_that_column(table):
    Slip.objects.create(name="刘小明")
    slip = Slip.objects.get()
    slip.phone = slip.name
    slip.save()
    assert Slip.objects.get().phone.open() == "刘小明"


def test_bytes_moved_behind_our_back_do_not_open(table):
    Slip.objects.create(name="刘小明")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Slip._meta.db_table} SET phone = name")
    with pytest.raises(Broken):
        Slip.objects.get().phone.open()


def test_nothing_shows_by_accident(table):
    Slip.objects.create(name="刘小明")
    sealed = Slip.objects.get().name
    template = Engine().from_string("{{ slip.name }}")
    shown = [str(sealed), repr(sealed), f"{sealed}", template.render(Context({"slip": Slip(name="刘小明")}))]
    assert not any("刘" in text for text in shown)
    packed = pickle.dumps(Slip(name="刘小明").name)
    assert "刘小明".encode() not in packed
    assert pickle.loads(packed).open() == "刘小明"


@pytest.mark.parametrize(
    "question", [{"name": "刘"}, {"name__contains": "刘"}, {"name__in": ["刘"]}, {"name__gt": "刘"}]
)
def test_it_cannot_be_searched(question):
    with pytest.raises(FieldError):
        Slip.objects.filter(**question)


def test_it_can_be_asked_whether_it_is_there(table):
    Slip.objects.create(name="甲", phone="1")
    Slip.objects.create(name="乙")
    assert Slip.objects.filter(phone__isnull=True).count() == 1


@pytest.mark.parametrize("value", [b"bytes", 7, memoryview(b"x")])
def test_only_text_can_be_sealed(value):
    with pytest.raises(ValidationError):
        Slip(name=value)


def test_an_empty_text_is_not_null(table):
    Slip.objects.create(name="", phone="")
    assert Slip.objects.get().phone.open() == ""


def test_a_row_without_a_value_does_not_pass_as_empty(table):
    assert Slip().name is None


def test_it_is_left_out_of_fixtures():
    with pytest.raises(TypeError):
        Slip._meta.get_field("name").value_to_string(Slip(name="甲"))


def test_a_length_is_the_forms_business():
    with pytest.raises(TypeError):
        SealedTextField(max_length=20)


@pytest.mark.parametrize("field", [SealedTextField(), SealedTextField(null=True, bound_to="parties.contact.name")])
def test_migrations_write_it_cleanly(field):
    _, path, args, kwargs = field.deconstruct()
    assert path == "gongjian.sealing.fields.SealedTextField"
    assert SealedTextField(*args, **kwargs).deconstruct()[1:] == (path, args, kwargs)
    text, _ = MigrationWriter.serialize(field)
    assert text.startswith("gongjian.sealing.fields.SealedTextField(")
    assert "editable" not in text


def test_a_renamed_column_keeps_its_old_binding():
    old, new = SealedTextField(), SealedTextField(bound_to="sealing.old.name")
    old.set_attributes_from_name("name")
    old.model = type("Old", (), {"_meta": type("Meta", (), {"label_lower": "sealing.old"})})
    assert new.from_db_value(old.seal("刘小明"), None, connection).open() == "刘小明"


def test_a_writer_of_its_own_statement_gets_bytes(table):
    field = Slip._meta.get_field("name")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {Slip._meta.db_table} (name) VALUES (%s)", [field.seal("刘小明")])
    assert Slip.objects.get().name.open() == "刘小明"


class TestRotation:
    def test_every_value_is_sealed_anew_and_only_once(self, table, settings):
        settings.SEALING_KEYS = {"1": OLD}
        Slip.objects.bulk_create([Slip(name=f"人{n}", phone=None if n % 3 else "13812345678") for n in range(25)])
        settings.SEALING_KEYS = {"2": NEW, "1": OLD}
        assert rotate(Slip, batch=4) == 25 + 9
        assert rotate(Slip, batch=4) == 0
        settings.SEALING_KEYS = {"2": NEW}
        assert {slip.name.open() for slip in Slip.objects.all()} == {f"人{n}" for n in range(25)}

    def test_a_key_that_left_too_early_stops_it(self, table, settings):
        settings.SEALING_KEYS = {"1": OLD}
        Slip.objects.create(name="甲")
        before = raw()
        settings.SEALING_KEYS = {"2": NEW}
        with pytest.raises(UnknownKey):
            rotate(Slip)
        assert raw() == before
