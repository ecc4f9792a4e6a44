"""One shape for every JSON error: {"error": {"code", "message", "field"}}."""

from django.http import JsonResponse


def json_error(status: int, code: str, message: str, *, field: str = "") -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message, "field": field}}, status=status)
