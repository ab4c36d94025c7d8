"""Image: pictures only."""

from __future__ import annotations

from tests.makers import field_of, image

ID = "abcdefghijklmnopqrstuv"


def test_only_pictures_go_in() -> None:
    field = field_of(image())
    assert field.check((f"{ID}:9:a.webp",)) == []
    assert "of another kind" in str(field.check((f"{ID}:9:a.svg",))[0])
    assert field.accept == ".jpg,.jpeg,.png,.gif,.webp,.heic,.heif"
