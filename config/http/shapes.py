"""Shapes: what a body or a query must look like, as msgspec structs, and what is wrong where it does not."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

import msgspec
from msgspec import inspect

from config.http.json_text import Repeated, kind_of
from config.http.readers import printable
from config.http.scalars import Scalar
from config.kernel import shaped
from config.kernel.errors import FieldError, InvalidRequest

MOST_FAULTS = 20

T = TypeVar("T")


class Shape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A body or a query. A member it does not name is refused."""


class Open(msgspec.Struct, kw_only=True):
    """A body that may have more members than it names."""


class Paired(Shape):
    """A shape in which some members say nothing without another one, and are refused alone.

    needs: these, each with the other one.
    """

    needs: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        for name, other in self.needs.items():
            if getattr(self, other) is None and getattr(self, name) is not None:
                raise ValueError(_lacking(other))


def _lacking(other: str) -> str:
    return f"It needs the member {other} beside it."


def _read_scalar(type_: Any, value: Any) -> Any:
    return type_.read(value)


def read(shape: type[T], value: object) -> T:
    """`value` in the form of `shape`.

    Raises InvalidRequest that names every field at fault.
    """
    try:
        return shaped.convert(value, shape, _read_scalar)
    except (msgspec.ValidationError, UnicodeEncodeError) as first:  # the latter for lone surrogates in names
        found = list(_limited(faults(_kind(cast(Hashable, shape)), value, "")))
        raise refusal(found or [FieldError("", str(first))]) from None


def refusal(found: list[FieldError]) -> InvalidRequest:
    """The refusal that says what is wrong in one sentence, and all of it field by field."""
    first = found[0]
    where = f"{first.pointer}: " if first.pointer else ""
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidRequest(f"{where}{first.detail}{more}", errors=found)


@cache
def _kind(shape: Hashable) -> inspect.Type:
    return inspect.type_info(shape)


def _limited(found: Iterator[FieldError]) -> Iterator[FieldError]:
    for count, fault in enumerate(found):
        if count == MOST_FAULTS:
            return
        yield fault


def faults(kind: inspect.Type, value: object, pointer: str) -> Iterator[FieldError]:
    """What keeps `value` from being of this kind, with a JSON pointer to each place."""
    match kind:
        case inspect.Metadata(type=described):
            yield from faults(described, value, pointer)
        case inspect.UnionType():
            yield from _union_faults(kind, value, pointer)
        case inspect.CustomType(cls=scalar) if isinstance(scalar, Scalar):
            yield from _scalar_faults(scalar, value, pointer)
        case inspect.StructType():
            yield from _struct_faults(kind, value, pointer)
        case inspect.ListType():
            yield from _list_faults(kind, value, pointer)
        case inspect.DictType():
            yield from _dict_faults(kind, value, pointer)
        case inspect.StrType():
            if type(value) is not str:
                yield FieldError(pointer, f"Expected a text, got {kind_of(value)}.")
        case inspect.LiteralType(values=values):
            if type(value) is not str or value not in values:
                yield FieldError(pointer, _expected(values))
        case inspect.BoolType():
            if type(value) is not bool:
                yield FieldError(pointer, f"Expected true or false, got {kind_of(value)}.")
        case inspect.NoneType():
            if value is not None:
                yield FieldError(pointer, f"Expected null, got {kind_of(value)}.")


def _scalar_faults(scalar: Scalar, value: object, pointer: str) -> Iterator[FieldError]:
    try:
        scalar.read(value)
    except ValueError as fault:
        yield FieldError(pointer, str(fault))


def _union_faults(kind: inspect.UnionType, value: object, pointer: str) -> Iterator[FieldError]:
    if value is None and kind.includes_none:
        return
    kinds = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    tagged = {each.tag: each for each in kinds if isinstance(each, inspect.StructType) and each.tag_field}
    if not tagged:
        yield from faults(kinds[0], value, pointer)
        return
    field = next(each.tag_field for each in tagged.values())
    if type(value) is not dict:
        yield from _not_an_object(value, pointer)
    elif type(tag := value.get(field)) is str and tag in tagged:
        yield from faults(tagged[tag], value, pointer)
    else:
        yield FieldError(f"{pointer}/{field}", _expected(tagged))


def _expected(values: Iterable[object]) -> str:
    words = [str(each) for each in values]
    return f"Expected {'one of ' if len(words) > 1 else ''}{', '.join(words)}."


def _not_an_object(value: object, pointer: str) -> Iterator[FieldError]:
    if type(value) is Repeated:
        for name in value.members:
            yield FieldError(below(pointer, name), "The member is named twice.")
    else:
        yield FieldError(pointer, f"Expected an object, got {kind_of(value)}.")


def _struct_faults(kind: inspect.StructType, value: object, pointer: str) -> Iterator[FieldError]:
    if type(value) is not dict:
        yield from _not_an_object(value, pointer)
        return
    fields = {each.encode_name: each for each in kind.fields}
    for name in value if kind.cls.__struct_config__.forbid_unknown_fields else ():
        if name not in fields and name != kind.tag_field:
            yield FieldError(below(pointer, name), "The member is unknown here.")
    for name, field in fields.items():
        if name in value:
            yield from faults(field.type, value[name], below(pointer, name))
        elif field.required:
            yield FieldError(below(pointer, name), "The member is missing.")
    needs = kind.cls.needs if issubclass(kind.cls, Paired) else {}
    for name, other in needs.items():
        if value.get(name) is not None and value.get(other) is None:
            yield FieldError(below(pointer, name), _lacking(other))


def _list_faults(kind: inspect.ListType, value: object, pointer: str) -> Iterator[FieldError]:
    least, most = kind.min_length or 0, kind.max_length
    if type(value) is not list:
        yield FieldError(pointer, f"Expected a list, got {kind_of(value)}.")
    elif len(value) < least or (most is not None and len(value) > most):
        yield FieldError(pointer, f"Expected {least} to {most} entries, got {len(value)}.")
    else:
        for index, each in enumerate(value):
            yield from faults(kind.item_type, each, f"{pointer}/{index}")


def _dict_faults(kind: inspect.DictType, value: object, pointer: str) -> Iterator[FieldError]:
    if type(value) is not dict:
        yield from _not_an_object(value, pointer)
        return
    if kind.max_length is not None and len(value) > kind.max_length:
        yield FieldError(pointer, f"Expected at most {kind.max_length} members, got {len(value)}.")
    for name, member in value.items():
        yield from faults(kind.key_type, name, below(pointer, name))
        yield from faults(kind.value_type, member, below(pointer, name))


def below(pointer: str, name: str) -> str:
    """The JSON pointer (RFC 6901) of member `name`; a name that cannot be shown is shown escaped."""
    try:
        printable(name)
    except ValueError:
        name = ascii(name)[1:-1]
    if len(name) > 200:
        name = name[:200] + "…"
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
