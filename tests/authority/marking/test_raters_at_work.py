"""From a text to the results by the pages alone: dealt, scored twice, disputed, decided."""

import pytest
from django.test import Client
from lxml import etree

from ardoise.authority.accounts.models import Staff
from ardoise.authority.marking import rating, reports
from ardoise.authority.marking.models import RatingTask
from ardoise.authority.marking.rules import mark_campaign
from ardoise.scoring.reporting import NAMESPACE
from tests.authority.marking.marked import Marked, marked

pytestmark = pytest.mark.django_db
PASSWORD = "une-phrase-de-craie"
TEXT = "fr-16"


class Desk:
    """One rater at the pages, logged in with a password."""

    def __init__(self, login: str, campaign: str) -> None:
        self.account = Staff.objects.create_account(login, PASSWORD, role="rater")
        self.address = f"/notation/{campaign}/"
        self.client = Client()
        self.client.post("/connexion/", {"login": login, "password": PASSWORD})

    def home(self) -> str:
        """The campaigns with texts for this rater."""
        return self.client.get("/notation/").content.decode()

    def score(self, points: float) -> str:
        """Read the text that is shown and press a score; the page that was shown."""
        response = self.client.get(self.address)
        assert response.status_code == 200
        rating_shown = response.context["rating"]
        page = response.content.decode()
        assert f'value="{points:.1f}"' in page or f'value="{points:g}"' in page
        self.client.post(self.address, {"rating": rating_shown.pk, "score": str(points)})
        return page


@pytest.fixture
def exam() -> Marked:
    made = marked()
    made.put({made.keymap.neutral(TEXT): ("La lanterne tremblait.",)}, seq=1)
    mark_campaign(made.campaign)
    return made


def score_in_results(exam: Marked) -> tuple[str | None, str | None]:
    """The standing and the score of the text in the document of the one sheet."""
    (document,) = dict(reports.documents(exam.campaign)).values()
    names = {"q": NAMESPACE}
    items = etree.fromstring(document).iterfind("q:itemResult", names)
    (held,) = [one for one in items if one.get("identifier") == TEXT]
    score = held.find('q:outcomeVariable[@identifier="SCORE"]', names)
    assert score is not None
    assert score.get("external-scored") == "human"
    return held.get("sessionStatus"), score.findtext("q:value", namespaces=names)


def test_two_raters_differ_a_third_decides_and_the_score_is_in_the_results(exam: Marked) -> None:
    desks = [Desk(f"correcteur-{n}", exam.campaign.pk) for n in range(3)]
    officer = Staff.objects.create_account("bureau", PASSWORD, role="officer")
    office = Client()
    office.force_login(officer)
    page = f"/campagnes/{exam.campaign.pk}/notation/"
    assert score_in_results(exam) == ("pendingExternalScoring", None)
    # The office wants every text read twice, and deals them out.
    office.post(page, {"share": "100", "tolerance": "0", "rule": "third"})
    office.post(page + "repartir/")
    task = RatingTask.objects.get()
    chosen = {held.rater_id for held in task.ratings.all()}
    pair = [desk for desk in desks if desk.account.pk in chosen]
    (third,) = [desk for desk in desks if desk.account.pk not in chosen]
    # Two read it and differ; neither sees what the other gave.
    assert exam.campaign.title in pair[0].home()
    assert third.client.get(third.address).status_code == 404
    for desk, points in zip(pair, (1.0, 4.0), strict=True):
        assert "La lanterne tremblait." in desk.score(points)
    assert rating.item_progress(exam.campaign)[0].disputed == 1
    # It is in no result before the third has decided.
    office.post(page + "reporter/")
    assert score_in_results(exam) == ("pendingExternalScoring", None)
    assert "La lanterne tremblait." in third.score(3.0)
    assert exam.campaign.title in third.home()
    office.post(page + "reporter/")
    assert score_in_results(exam) == ("final", "3.0")
    assert "La lanterne" not in office.get(page).content.decode()
