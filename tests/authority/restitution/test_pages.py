"""What the pages show: order, groups, sheets, lost cards."""

import io
import re
from collections.abc import Callable

from django.test import Client
from pypdf import PdfReader

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.linkage.rules import numbers_of
from ardoise.authority.registry.labels import set_label
from ardoise.authority.registry.models import ClassGroup, School
from ardoise.seal import codes, numbers
from tests.authority.restitution.world import World


def _names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/eleves/[0-9a-f]+/">([^<]+)</a>', page)


def test_pupils_sort_by_name_as_french_lists_do(
    world: World, browser: Callable[[str], Client]
) -> None:
    url = f"/classes/{world.groups['6A'].pk}/resultats/"
    up = _names(browser("teacher").get(url).content.decode())
    assert [name.split(" ")[0] for name in up] == [
        "=FORMULE",
        "ARDOISIER",
        "D&#x27;ENCRIER",
        "ÉCLAT-CRAIE",
        "ÏAMBE",
        "ŒILLET-BUVARD",
    ]
    down = _names(browser("teacher").get(url + "?tri=nom&sens=desc").content.decode())
    assert down == up[::-1]


def test_a_domain_sorts_the_table_and_says_so(
    world: World, browser: Callable[[str], Client]
) -> None:
    url = f"/classes/{world.groups['6A'].pk}/resultats/"
    up = browser("teacher").get(url + "?tri=calcul").content.decode()
    assert 'aria-sort="ascending"' in up
    assert _names(up)[0].startswith("ARDOISIER")
    assert _names(up)[-2:][0].startswith("ŒILLET")  # absent, then not sat: after every score
    down = browser("teacher").get(url + "?tri=calcul&sens=desc").content.decode()
    assert _names(down)[-2:] == _names(up)[-2:]
    assert _names(down)[0] == _names(up)[3]
    assert browser("teacher").get(url + "?tri=nothing").status_code == 404


def test_a_group_is_a_word_and_a_sign_not_a_colour_alone(
    world: World, browser: Callable[[str], Client]
) -> None:
    page = browser("teacher").get(f"/classes/{world.groups['6A'].pk}/resultats/").content.decode()
    for group in re.findall(r'<span class="group[^"]*">(.*?)</span>', page):
        assert "<svg" in group
        assert re.sub(r"<svg.*?</svg>", "", group).strip() in (
            "À besoins",
            "Fragile",
            "Satisfaisant",
        )
    assert "style=" not in page
    assert "<script" not in page


def test_a_campaign_mean_of_too_few_others_is_not_shown(
    world: World, browser: Callable[[str], Client]
) -> None:
    page = browser("teacher").get(f"/classes/{world.groups['6A'].pk}/resultats/").content.decode()
    assert 'class="key own"' in page
    assert 'class="key other"' not in page  # 12 scored in all, 8 of them in other classes


def test_a_class_of_sheets_has_a_page_for_each_pupil(
    world: World, browser: Callable[[str], Client]
) -> None:
    answer = browser("teacher").get(f"/classes/{world.groups['6A'].pk}/fiches.pdf")
    document = PdfReader(io.BytesIO(answer.content))
    assert len(document.pages) == 6
    text = [page.extract_text() for page in document.pages]
    assert "ARDOISIER Zoé" in text[1]
    assert "Nombres et calcul" in text[1]
    assert "2 sur 8" in text[1]
    assert sum("ARDOISIER" in page for page in text) == 1
    assert "ARDOISIER" not in str(document.metadata)


def test_a_keying_list_joins_names_and_numbers(
    world: World, browser: Callable[[str], Client]
) -> None:
    page = browser("teacher").get(f"/classes/{world.groups['6A'].pk}/liste/").content.decode()
    for pupil in world.pupils["6A"]:
        assert numbers.shown(world.numbers[pupil.pk]) in page
    assert "Carte perdue" not in page


def test_a_lost_card_is_voided_and_a_spare_given(
    world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.OPEN)
    seats = Group.objects.get(class_group=world.groups["6A"])
    spare = numbers.draw()
    Seat.objects.create(
        campaign=world.campaign,
        number=spare,
        role="pupil",
        group=seats,
        spare=True,
        code=world.key.seal("enrolment_seat", spare, "code", codes.draw().encode()),
    )
    lost = world.numbers[world.pupil.pk]
    answer = browser("head").post(f"/eleves/{world.pupil.pk}/carte-perdue/")
    assert answer.status_code == 200
    held = numbers_of(world.key, world.campaign.pk, [world.pupil.pk])
    assert held == {world.pupil.pk: spare}
    assert Seat.objects.get(number=lost).voided_at is not None
    card = browser("head").get(f"/eleves/{world.pupil.pk}/carte.pdf")
    text = PdfReader(io.BytesIO(card.content)).pages[0].extract_text()
    assert numbers.shown(spare) in text
    again = browser("head").post(f"/eleves/{world.pupil.pk}/carte-perdue/", follow=True)
    assert "plus de place de réserve" in again.content.decode()


def test_seven_thousand_schools_come_a_page_at_a_time(
    world: World, browser: Callable[[str], Client]
) -> None:
    schools = School.objects.bulk_create(
        School(uai=f"{k:07d}A", name=f"École {k}", commune=f"Village {k % 7}") for k in range(120)
    )
    ClassGroup.objects.bulk_create(
        set_label(world.key, ClassGroup(campaign=world.campaign, school=school, level="CP"), "CP")
        for school in schools
    )
    url = f"/campagnes/{world.campaign.pk}/"
    client = browser("officer")
    first = client.get(url).content.decode()
    assert first.count('role="rowheader"') == 50
    assert "Page 1 sur 3" in first
    last = client.get(url + "?page=3").content.decode()
    assert last.count('role="rowheader"') == 22
    found = client.get(url + "?q=ecole+117").content.decode()
    assert found.count('role="rowheader"') == 1
    assert client.get(url + "?page=nonsense").status_code == 200


def test_the_language_switch_turns_the_page_to_english(
    world: World, browser: Callable[[str], Client]
) -> None:
    client = browser("teacher")
    assert "Mes classes" in client.get("/").content.decode()
    client.post("/langue/", {"language": "en", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="en">' in page
    assert "My classes" in page


def _time_page(world: World) -> str:
    return f"/eleves/{world.pupil.pk}/temps/"


def test_a_head_grants_working_time_and_the_list_shows_it(
    world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.OPEN)
    head, listed = browser("head"), f"/classes/{world.groups['6A'].pk}/liste/"
    assert "133\u202f%" not in head.get(listed).content.decode()
    page = head.get(_time_page(world)).content.decode()
    assert re.findall(r'<option value="(\d+)"', page) == ["100", "133", "150", "200"]
    answer = head.post(_time_page(world), {"percent": "133"})
    assert (answer.status_code, answer.headers["Location"]) == (302, listed)
    assert Seat.objects.get(number=world.numbers[world.pupil.pk]).time_percent == 133
    told = head.get(listed).content.decode()
    assert "C’est enregistré" in told
    assert told.count("133\u202f%</span>") == 1
    # A teacher sees how long a pupil has, and changes nothing.
    seen = browser("teacher").get(listed).content.decode()
    assert "<td>133\u202f%</td>" in seen
    assert "/temps/" not in seen


def test_less_time_while_pupils_sit_is_asked_for_twice(
    world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.OPEN)
    head, seats = browser("head"), Seat.objects.filter(number=world.numbers[world.pupil.pk])
    head.post(_time_page(world), {"percent": "200"})
    warned = head.post(_time_page(world), {"percent": "133"})
    assert "avance la fin" in warned.content.decode()
    assert seats.get().time_percent == 200
    # What was confirmed is that percentage and no other.
    head.post(_time_page(world), {"percent": "100", "shorten": "133"})
    assert seats.get().time_percent == 200
    head.post(_time_page(world), {"percent": "133", "shorten": "133"})
    assert seats.get().time_percent == 133


def test_a_working_time_that_is_not_offered_changes_nothing(
    world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.OPEN)
    for percent in ("", "99", "401", "137", "1e2", "9" * 4000):
        answer = browser("head").post(_time_page(world), {"percent": percent})
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
    assert not Seat.objects.exclude(time_percent=100).exists()


def test_working_time_of_an_ended_campaign_stays(
    world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.COLLECTED)
    answer = browser("head").post(_time_page(world), {"percent": "133"}, follow=True)
    assert "ne change plus" in answer.content.decode()
    assert not Seat.objects.exclude(time_percent=100).exists()


def test_working_time_needs_a_token_and_ones_own_school(
    world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.OPEN)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.staff["head"])
    assert strict.post(_time_page(world), {"percent": "133"}).status_code == 403
    assert browser("other-head").post(_time_page(world), {"percent": "133"}).status_code == 404
    assert not Seat.objects.exclude(time_percent=100).exists()
