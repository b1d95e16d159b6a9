"""What the published JSON Schemas of printed documents share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
STRICT = ConfigDict(extra="forbid")  # the dataclasses inside take it over


class Document(BaseModel):
    """A printed document: no key but those named."""

    model_config = STRICT


class _Printed(GenerateJsonSchema):
    """A schema of what is printed: every key is there, also one that has a default."""

    def field_is_required(self, *_: Any, **__: Any) -> bool:
        return True


def printed_schema(document: TypeAdapter[Any]) -> dict[str, Any]:
    """The JSON Schema of a printed document."""
    found = document.json_schema(mode="serialization", schema_generator=_Printed)
    return {"$schema": DIALECT, **found}


def text_of(schema: Mapping[str, Any]) -> str:
    """A schema as docs/reference/schemas has it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
