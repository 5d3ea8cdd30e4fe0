"""kill -9 under load: what was acknowledged is there, and nothing is torn."""

import threading
from pathlib import Path

import urllib3

from ardoise.clock import system_milliseconds
from ardoise.contract import sheet as sheets
from ardoise.contract.kit import Part
from ardoise.demo.client import SeatClient, SeatRefusal
from ardoise.seal import envelope
from tests.delivery.kits import HOUR_MS, Campaign, make_kit, make_sheet
from tests.delivery.running import RunningDelivery

CLIENTS = 12
KILLS = 10
ACKNOWLEDGED_BETWEEN_KILLS = 15


class Stream:
    """Pupils that save without a pause; each notes the last version that was acknowledged."""

    def __init__(self, delivery: RunningDelivery, campaign: Campaign) -> None:
        self.campaign = campaign
        self.clients = [delivery.client(campaign, card) for card in campaign.pupils]
        self.acknowledged = dict.fromkeys((client.number for client in self.clients), 0)
        self.sent = dict(self.acknowledged)
        self.unexpected: list[str] = []
        self._count = 0
        self._resting = 0
        self._progress = threading.Condition()
        self._end = threading.Event()
        self._going = True
        self._threads = [
            threading.Thread(target=self._save, args=(client,)) for client in self.clients
        ]

    def start(self) -> None:
        for client in self.clients:
            client.log_in()
            client.open_part("francais")
        for thread in self._threads:
            thread.start()

    def rest(self) -> None:
        """Wait until no client has a request on its way."""
        with self._progress:
            self._going = False
            assert self._progress.wait_for(lambda: self._resting == CLIENTS, timeout=60)

    def go_on(self) -> None:
        with self._progress:
            self._going = True
            self._progress.notify_all()

    def wait_for_progress(self) -> None:
        with self._progress:
            goal = self._count + ACKNOWLEDGED_BETWEEN_KILLS
            assert self._progress.wait_for(lambda: self._count >= goal, timeout=60)

    def finish(self) -> None:
        self._end.set()
        self.go_on()
        for thread in self._threads:
            thread.join()

    def _wait_until_up(self) -> None:
        with self._progress:
            self._resting += 1
            self._progress.notify_all()
            self._progress.wait_for(lambda: self._going)
            self._resting -= 1

    def _save(self, client: SeatClient) -> None:
        version = 0
        while not self._end.is_set():
            self._wait_until_up()
            version += 1
            sheet = make_sheet(
                self.campaign, client.number, "francais", version, text=str(version) * 50
            )
            self.sent[client.number] = version
            try:
                saved = client.save(sheet, base=self.acknowledged[client.number])
            except SeatRefusal as refusal:
                # Far faster than a pupil: the seat's rate is part of what is tested.
                if refusal.problem.problem not in ("slow-down", "busy"):
                    self.unexpected.append(str(refusal))
                self._end.wait(min(refusal.problem.retry_ms or 0, 200) / 1000)
            except urllib3.exceptions.HTTPError:
                continue
            else:
                self.acknowledged[client.number] = saved.version
                with self._progress:
                    self._count += 1
                    self._progress.notify_all()


def stored_versions(delivery: RunningDelivery, campaign: Campaign) -> dict[str, int]:
    returned = delivery.authority().returns(campaign.name)
    return {record.number: record.version for record, _ in returned if record.stray is None}


def test_every_acknowledged_save_survives_ten_kills(tmp_path: Path) -> None:
    campaign = make_kit(
        pupils=CLIENTS,
        parts=(Part("francais", "pupil", 0),),
        closes_ms=system_milliseconds() + HOUR_MS,
    )
    with RunningDelivery(tmp_path, campaign.signing_key) as delivery:
        delivery.authority().install(campaign)
        stream = Stream(delivery, campaign)
        stream.start()
        try:
            for kill in range(KILLS + 1):
                stream.wait_for_progress()
                if kill < KILLS:
                    delivery.kill()
                else:
                    # And once politely, with saves on their way.
                    assert delivery.stop() == 0
                stream.rest()
                delivery.start()
                # Before a later save can hide what was lost.
                stored = stored_versions(delivery, campaign)
                for number, version in stream.acknowledged.items():
                    assert version <= stored.get(number, 0) <= stream.sent[number]
                stream.go_on()
            stream.wait_for_progress()
        finally:
            stream.finish()
        returned = delivery.authority().returns(campaign.name)
    assert stream.unexpected == []
    keys = {client.number: client.sheet_key("francais") for client in stream.clients}
    assert {record.number for record, _ in returned} == set(keys)
    for record, body in returned:
        context = envelope.sheet_context(
            campaign=campaign.name, number=record.number, part="francais", version=record.version
        )
        opened = sheets.decode(envelope.unseal(keys[record.number], context, body))
        assert opened.responses["i1"]["r1"] == (str(record.version) * 50,)
    assert len({record.seq for record, _ in returned}) == len(returned)
