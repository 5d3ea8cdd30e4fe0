"""The officers' pages: who may see, confirm and fetch."""

import io
import zipfile
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from ardoise.authority.release.models import Release
from ardoise.authority.restitution.models import NameView
from ardoise.disclosure.release.report_html import policy
from tests.authority.release.conftest import agreed, proposed
from tests.authority.restitution.world import World

Browser = Callable[[str], Client]


def test_two_officers_confirm_on_the_page_and_fetch_the_files(
    world: World, browser: Browser
) -> None:
    row = proposed(world)
    page, form = reverse("release:one", args=[row.pk]), reverse("release:confirm", args=[row.pk])
    first, second = browser("officer"), browser("second")
    assert "Accords qu’il faut encore" in first.get(page).content.decode()
    assert first.post(form, {"digest": row.digest}).status_code == 422
    assert first.post(form, {"digest": row.digest, "read": "on"}).status_code == 302
    said = first.get(page).content.decode()
    assert "Vous vous êtes prononcé" in said
    assert 'name="read"' not in said
    assert first.get(reverse("release:files", args=[row.pk])).status_code == 404
    assert second.post(form, {"digest": row.digest, "read": "on"}).status_code == 302
    row.refresh_from_db()
    assert row.state == Release.State.RELEASED
    fetched = second.get(reverse("release:files", args=[row.pk]))
    names = zipfile.ZipFile(io.BytesIO(fetched.content)).namelist()
    assert {"groupes.csv", "groupes.parquet", "codebook.xml", "report.html"} <= set(names)
    assert NameView.objects.filter(what="release-fetched", login="officer-2").exists()


def test_declining_wants_a_reason(world: World, browser: Browser) -> None:
    row = proposed(world)
    address = reverse("release:decline", args=[row.pk])
    assert browser("officer").post(address, {}).status_code == 422
    assert browser("officer").post(address, {"reason": "trop fin"}).status_code == 302
    row.refresh_from_db()
    assert row.state == Release.State.DECLINED
    assert (
        "trop fin" in browser("second").get(reverse("release:one", args=[row.pk])).content.decode()
    )


def test_nobody_else_sees_a_release(world: World, browser: Browser) -> None:
    row = agreed(world, proposed(world))
    for role in ("head", "teacher", "rater"):
        client = browser(role)
        for name in ("one", "report", "report-pdf", "files"):
            assert client.get(reverse(f"release:{name}", args=[row.pk])).status_code == 403
        assert client.get(reverse("release:list", args=[world.campaign.pk])).status_code == 403
    assert Client().get(reverse("release:one", args=[row.pk])).status_code == 302


def test_the_report_is_served_under_the_policy_that_it_carries(
    world: World, browser: Browser
) -> None:
    row = proposed(world)
    shown = browser("officer").get(reverse("release:report", args=[row.pk]))
    assert shown["Content-Security-Policy"].startswith(policy())
    assert "script" not in shown.content.decode()
    paper = browser("officer").get(reverse("release:report-pdf", args=[row.pk]))
    assert paper.content.startswith(b"%PDF")


def test_the_campaigns_list_shows_states_and_budget(world: World, browser: Browser) -> None:
    proposed(world)
    shown = browser("officer").get(reverse("release:list", args=[world.campaign.pk]))
    said = shown.content.decode()
    assert "attend l’accord" in said
    assert "reste 0" in said
    english = browser("officer")
    english.cookies["django_language"] = "en"
    page = english.get(reverse("release:list", args=[world.campaign.pk])).content.decode()
    assert "waits for confirmation" in page
