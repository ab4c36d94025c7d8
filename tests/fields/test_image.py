"""Image: pictures only."""

from __future__ import annotations

from tests.makers import field_of, image

ID = "abcdefghijklmnopqrstuv"


def test_only_pictures_go_in() -> None:
    field = field_of(image())
    assert field.check((f"{ID}:9:a.webp",)) == []
    assert "of another kind" in str(field.check((f"{ID}:9:a.svg",))[0])
    assert field.accept == ".jpg,.jpeg,.png,.gif,.webp,.heic,.heif"


def test_a_phone_is_asked_for_pictures_that_every_browser_draws_and_a_heic_is_taken_all_the_same() -> None:
    field = field_of(image())
    assert field.offered == ".jpg,.jpeg,.png,.gif,.webp"  # an iPhone then makes a JPEG of its photo
    assert field.check((f"{ID}:9:IMG_0001.heic",)) == []
