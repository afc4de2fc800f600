"""What the API says of itself: complete, and changed only on purpose."""

import json
import re

from gongjian.project.api import api


def description() -> dict:
    described = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    return described | {"servers": [{"url": "http://localhost"}]}


def test_the_description_is_golden(golden):
    described = re.sub(r'"version": "[^"]*"', '"version": "0"', json.dumps(description(), indent=1, ensure_ascii=False))
    golden("openapi.json", described + "\n")


def test_every_operation_is_described():
    told = description()
    wrong = []
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            name = f"{method} {path}"
            lacks = [key for key in ("operationId", "summary", "description", "tags") if not operation.get(key)]
            lacks += [status for status in ("422", "429", "500", "503") if status not in operation["responses"]]
            if "security" in operation:
                lacks += [status for status in ("401", "403") if status not in operation["responses"]]
            if method == "post" and not any(p["name"] == "Idempotency-Key" for p in operation["parameters"]):
                lacks.append("Idempotency-Key")
            if lacks:
                wrong.append((name, lacks))
    assert not wrong
    assert told["openapi"].startswith("3.1")
    assert told["components"]["securitySchemes"]["ApiKeyAuth"]["name"] == "X-Api-Key"
