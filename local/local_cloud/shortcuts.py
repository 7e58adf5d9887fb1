"""Work that botocore and moto repeat for every request, done once or left out.

A cycle of a small provider sends six hundred requests. About half of what each cost was worked out
anew every time though it never changes: which URLs a service answers, which names an answer's
attributes may have, who the client says it is, and a signature that nobody checks. Answers are the
same with these exchanges and without. Checked against moto 5.2.5 and botocore 1.44.5.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import moto.core.utils
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth, SigV4QueryAuth
from botocore.compat import get_current_datetime
from botocore.useragent import UserAgentString
from moto.core.base_backend import BaseBackend
from moto.core.errors import ErrorLookupFactory
from moto.core.serialize import JSONSerializer, ResponseSerializer, XFormedAttributePicker
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.moto_api._internal.moto_random import MotoRandom

from local_cloud.patching import PatchSet

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_URLS: dict[Any, Any] = {}
_METHODS: dict[Any, Any] = {}
_ERRORS: dict[Any, Any] = {}


def install(patches: PatchSet) -> None:
    """Make every exchange; `patches.undo()` takes them back."""
    _sign_without_computing(patches)
    _say_who_asks_once(patches)
    _list_once(patches)
    _find_attributes_once(patches)
    _serialize_attributes_of_items(patches)
    _draw_letters_at_once(patches)
    _compare_text_as_text(patches)
    _query_without_sorting_the_table(patches)


def _sign_without_computing(patches: PatchSet) -> None:
    """A name is all that moto reads in the header. Presigned links keep their signature."""
    compute: Any = SigV4Auth.add_auth

    def add_auth(signer: Any, request: Any) -> None:
        if isinstance(signer, SigV4QueryAuth) or signer.credentials is None:
            compute(signer, request)
            return
        request.context["timestamp"] = get_current_datetime().strftime(SIGV4_TIMESTAMP)
        signer._modify_request_before_signing(request)
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
            "SignedHeaders=host, Signature=none"
        )

    patches.replace(SigV4Auth, "add_auth", add_auth)


def _say_who_asks_once(patches: PatchSet) -> None:
    """The User-Agent names versions and features, a dozen parts cleaned letter by letter."""
    patches.replace(UserAgentString, "to_string", lambda _: "local-cloud")


def _list_once(patches: PatchSet) -> None:
    """What a class, a service or its model holds does not change while the process runs."""
    list_urls: Any = vars(BaseBackend)["urls"].fget
    patches.replace(BaseBackend, "urls", property(_once_per(_URLS, type, list_urls)))
    list_names = moto.core.utils.method_names_from_class
    patches.replace_everywhere(
        "moto.core", list_names, _once_per(_METHODS, lambda kind: kind, list_names)
    )
    list_errors = ErrorLookupFactory._create_error_lut
    patches.replace(
        ErrorLookupFactory,
        "_create_error_lut",
        staticmethod(_once_per(_ERRORS, lambda model: model.service_name, list_errors)),
    )


def _once_per(
    known: dict[Any, Any], name: Callable[[Any], Any], work_out: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    def look_up(of: Any) -> Any:
        key = name(of)
        if key not in known:
            known[key] = work_out(of)
        return known[key]

    return look_up


def _find_attributes_once(patches: PatchSet) -> None:
    """The names under which an answer's attribute may be found follow from its shape and class."""
    list_keys = XFormedAttributePicker.get_possible_keys
    pick: Any = ResponseSerializer.get_value

    def keys_of(picker: Any, context: Any) -> Any:
        if hasattr(context.obj, "Meta"):  # may name its attributes as it likes
            return list_keys(picker, context)
        known = context.shape.__dict__.setdefault("_local_cloud_keys", {})
        parent = getattr(context.shape, "parent", None)
        name = (context.key, type(context.obj).__name__, parent and parent.name)
        if name not in known:
            known[name] = tuple(dict.fromkeys(list_keys(picker, context)))
        return known[name]

    def value_of(serializer: Any, value: Any, key: str, shape: Any) -> Any:
        """Look into a plain dict at once, under the names that were found the first time."""
        keys = shape.__dict__.get("_local_cloud_keys", {}).get(
            (key, "dict", getattr(getattr(shape, "parent", None), "name", None))
        )
        picker = serializer._value_picker
        if type(value) is not dict or keys is None or picker.response_transformers:
            return pick(serializer, value, key, shape)
        return next((value[name] for name in keys if name in value), None)

    patches.replace(XFormedAttributePicker, "get_possible_keys", keys_of)
    patches.replace(ResponseSerializer, "get_value", value_of)


def _serialize_attributes_of_items(patches: PatchSet) -> None:
    """An attribute of an item is of one type: the nine others need not be looked for."""
    serialize: Any = JSONSerializer._serialize_type_structure

    def serialize_structure(
        serializer: Any, serialized: Any, value: Any, shape: Any, key: str
    ) -> None:
        if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
            (kind,) = value
            if kind in shape.members:
                attribute: dict[str, Any] = {}
                shape.members[kind].parent = shape
                serializer._serialize_structure_member(attribute, value, shape.members[kind], kind)
                serializer._default_serialize(serialized, attribute, shape, key)
                return
        serialize(serializer, serialized, value, shape, key)

    patches.replace(JSONSerializer, "_serialize_type_structure", serialize_structure)


def _draw_letters_at_once(patches: PatchSet) -> None:
    """Every answer has a request id of 52 random letters, each drawn by a call of its own."""

    def get_random_string(
        source: Any, length: int = 20, include_digits: bool = True, lower_case: bool = False
    ) -> str:
        pool = _LETTERS_AND_DIGITS if include_digits else string.ascii_letters
        drawn = "".join(source.choices(pool, k=length))
        return drawn.lower() if lower_case else drawn

    patches.replace(MotoRandom, "get_random_string", get_random_string)


def _compare_text_as_text(patches: PatchSet) -> None:
    """Keys are text: comparing two of them need not ask six times what type they are of."""
    cast: Any = vars(DynamoType)["cast_value"].fget
    patches.replace(
        DynamoType,
        "cast_value",
        property(lambda own: own.value if own.type == "S" else cast(own)),
    )
    is_equal: Any = DynamoType.__eq__
    patches.replace(
        DynamoType,
        "__eq__",
        lambda own, other: (
            own.value == other.value
            if own.type == "S" and other.type == "S"
            else is_equal(own, other)
        ),
    )


def _query_without_sorting_the_table(patches: PatchSet) -> None:
    """A query sorts what it found: moto sorts all items of the table before that, every time."""
    query: Any = Table.query

    def query_found(table: Any, hash_key: Any, *more: Any, **named: Any) -> Any:
        index_name = more[6] if len(more) > 6 else named.get("index_name")
        if index_name is None:
            items = _values(table.items.get(hash_key, {}))
        else:
            items = [item for kept in table.items.values() for item in _values(kept)]
        table.all_items = lambda: items
        try:
            return query(table, hash_key, *more, **named)
        finally:
            del table.all_items

    patches.replace(Table, "query", query_found)


def _values(kept: Any) -> list[Any]:
    """The items under one hash key; a table without range keys has one there, not a dict."""
    return list(kept.values()) if isinstance(kept, dict) else [kept]
