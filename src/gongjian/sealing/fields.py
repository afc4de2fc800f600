"""A text column that the database sees only sealed."""

from typing import TYPE_CHECKING, Any, Never, override

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute

from gongjian.sealing.keys import ring


class Sealed:
    """A text that is sealed, or will be when it is written; opened only by `open()`.

    Reading the attribute of a model gives this object and costs nothing; lists of a thousand rows stay closed. It shows
    nothing when printed, logged, put into a template or pickled. Two are equal when what they hold is equal.
    """

    __slots__ = ("_bound_to", "_sealed", "_text")

    def __init__(self, bound_to: str, *, sealed: bytes | None = None, text: str | None = None) -> None:
        if (sealed is None) == (text is None):
            raise ValueError("Hand in the sealed bytes or the text.")
        self._bound_to = bound_to
        self._sealed = sealed
        self._text = text

    def open(self) -> str:
        """Return the text; raises keys.UnknownKey or keys.Broken."""
        if self._text is None:
            self._text = ring().open(self._sealed or b"", self._bound_to.encode()).decode()
        return self._text

    def sealed(self) -> bytes:
        """Return the bytes for the column; a new text is sealed now, a stored one is handed back as it is."""
        if self._sealed is None:
            self._sealed = ring().seal((self._text or "").encode(), self._bound_to.encode())
        return self._sealed

    def bound(self, bound_to: str) -> "Sealed":
        """Return the same text for a column; for another column than its own it is opened and will be sealed anew."""
        return self if bound_to == self._bound_to else Sealed(bound_to, text=self.open())

    def __eq__(self, other: object) -> bool:
        return self.open() == other.open() if isinstance(other, Sealed) else NotImplemented

    # Equal texts have different bytes, and a hash of the text would have to open it.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<sealed {self._bound_to}>"

    def __str__(self) -> str:
        return "●●●"

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_bytes, (self._bound_to, self.sealed())


def _from_bytes(bound_to: str, sealed: bytes) -> Sealed:
    return Sealed(bound_to, sealed=sealed)


class SealedAttribute(DeferredAttribute):
    """Turns a text into a Sealed as soon as it is assigned, so that the attribute always has one type."""

    field: "SealedTextField"

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


if TYPE_CHECKING:
    BinaryField = models.BinaryField[str | Sealed | None, Sealed | None]
else:
    BinaryField = models.BinaryField  # generic for the type checker only


class SealedTextField(BinaryField):
    """Text in a bytea column, AES-256-GCM, bound to its model and field.

    Takes str, Sealed or None; gives Sealed or None. May be asked only whether it is null: a sealed value has no order
    and no equality in the database (see gongjian.sealing.index for looking up). `bound_to` keeps old values readable
    when a model or field is renamed: hand in the former "label.model.field".
    """

    _pyi_private_set_type: str | Sealed
    _pyi_private_get_type: Sealed  # type: ignore[assignment]
    descriptor_class = SealedAttribute
    # Or Django would give a new row b"" where nothing was said.
    empty_strings_allowed = False

    def __init__(self, *args: Any, bound_to: str = "", **kwargs: Any) -> None:
        if kwargs.get("max_length") is not None:
            raise TypeError("The length of a sealed text is checked by the form.")
        self._bound_to = bound_to
        super().__init__(*args, **kwargs)

    @property
    def bound_to(self) -> str:
        """What the values are bound to: "label.model.field"."""
        return self._bound_to or f"{self.model._meta.label_lower}.{self.name}"

    @override
    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if self._bound_to:
            kwargs["bound_to"] = self._bound_to
        return name, path, list(args), kwargs

    def seal(self, text: str) -> bytes:
        """Return the bytes for this column, for writers that compose their own statement."""
        return Sealed(self.bound_to, text=text).sealed()

    @override
    def to_python(self, value: object) -> Any:
        if isinstance(value, str):
            return Sealed(self.bound_to, text=value)
        if isinstance(value, Sealed):
            return value.bound(self.bound_to)
        if value is None:
            return None
        # Loose bytes would get round the seal.
        raise ValidationError("A sealed field takes text.")

    def from_db_value(self, value: Any, _expression: object, _connection: BaseDatabaseWrapper) -> Sealed | None:
        return None if value is None else Sealed(self.bound_to, sealed=bytes(value))

    @override
    def get_prep_value(self, value: object) -> Any:
        value = self.to_python(super().get_prep_value(value))
        return value.sealed() if isinstance(value, Sealed) else value

    @override
    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    @override
    def value_to_string(self, obj: models.Model) -> Never:
        raise TypeError("Sealed columns leave the database only through pg_dump or an opened export.")
