"""The certificate of a closing: what was destroyed, how it was checked, signed by the authority."""

from typing import Literal

import msgspec
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec import Struct

from ardoise.authority.documents.typeset import typeset
from ardoise.clock import from_milliseconds
from ardoise.contract.orders import Purged
from ardoise.contract.words import CampaignId, Milliseconds
from ardoise.seal import signing

KIND = "certificate"
SIZE_LIMIT = 256 << 10

CheckName = Literal[
    "portal-shut",
    "key-destroyed",
    "rows-deleted",
    "delivery-purged",
    "delivery-counts",
    "database-vacuumed",
]


class CertificateFault(Exception):
    """A certificate that is malformed, wrongly signed, or says that a check failed."""


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """One check that was made, what it found, and whether that is as it should be."""

    name: CheckName
    passed: bool
    detail: str


class CertificateDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed. It holds counts and times, and nothing of a person."""

    format: Literal["ardoise-certificate/1"]
    campaign: CampaignId
    title: str
    level: str
    software: str
    by: str
    """The office's login of whoever closed it."""
    forced: str
    """Why it was closed before its time; nothing if it was in order."""
    started_ms: Milliseconds
    issued_ms: Milliseconds
    destroyed: dict[str, int]
    """closure.holdings kind → rows before."""
    kept: dict[str, int]
    purged: Purged | None
    """What delivery says that it destroyed; None if it never held the campaign."""
    checks: tuple[Check, ...]


class SignedCertificate(Struct, frozen=True, forbid_unknown_fields=True):
    """The file that is handed out. `document` is the signed text itself."""

    format: Literal["ardoise-signed-certificate/1"]
    document: str
    signature: bytes
    public_key: bytes
    """For convenience. Whoever verifies compares it with the key they know."""


def sign(document: CertificateDocument, signing_key: bytes) -> tuple[bytes, bytes]:
    """(the document's bytes, their signature)."""
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=1)
    return encoded, signing.sign_document(signing_key, KIND, encoded)


def verify_certificate(document: bytes, signature: bytes, public_key: bytes) -> CertificateDocument:
    """1. the signature fits the key; 2. the document is a certificate; 3. every check passed.

    Raises CertificateFault.
    """
    if len(document) > SIZE_LIMIT:
        raise CertificateFault("this is larger than a certificate can be")
    # 1.
    try:
        signing.verify_document(public_key, KIND, document, signature)
    except signing.SignatureError as fault:
        raise CertificateFault(
            "the signature does not fit: the certificate was changed, or another key signed it"
        ) from fault
    # 2.
    try:
        read = msgspec.json.decode(document, type=CertificateDocument)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise CertificateFault("what is signed is not a certificate of this format") from fault
    # 3.
    failed = [check.name for check in read.checks if not check.passed]
    if failed or not read.checks:
        raise CertificateFault(f"the certificate itself names failed checks: {', '.join(failed)}")
    return read


def exported(document: bytes, signature: bytes, public_key: bytes) -> bytes:
    """The file to hand out, JSON."""
    return msgspec.json.encode(
        SignedCertificate("ardoise-signed-certificate/1", document.decode(), signature, public_key)
    )


def read_export(content: bytes, public_key: bytes) -> CertificateDocument:
    """Verify a handed-out file against the key one knows. Raises CertificateFault."""
    if len(content) > 2 * SIZE_LIMIT:
        raise CertificateFault("this is larger than a certificate can be")
    try:
        held = msgspec.json.decode(content, type=SignedCertificate)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise CertificateFault("this is not the file of a certificate") from fault
    return verify_certificate(held.document.encode(), held.signature, public_key)


def certificate_pdf(document: CertificateDocument, signature: bytes, public_key: bytes) -> bytes:
    """For the file, in French. Raises documents.TypesetError."""
    moments = {
        "started": f"{from_milliseconds(document.started_ms):%Y-%m-%d %H:%M:%S} UTC",
        "issued": f"{from_milliseconds(document.issued_ms):%Y-%m-%d %H:%M:%S} UTC",
    }
    with translation.override("fr"):
        labels = {kind: str(label) for kind, label in LABELS.items()}
        checks = {name: str(label) for name, label in CHECKS.items()}
    return typeset(
        "certificate",
        {
            "certificate": msgspec.to_builtins(document),
            "labels": labels,
            "checks": checks,
            "moments": moments,
            "signature": signature.hex(),
            "key": public_key.hex(),
        },
    )


LABELS = {
    "sealed_releases": _("Publications scellées"),
    "summaries": _("Sommes par campagne"),
    "marks": _("Notes par copie"),
    "held_texts": _("Renvois des copies à leurs textes"),
    "ratings": _("Notes de correcteurs"),
    "rating_tasks": _("Textes à noter"),
    "rating_plans": _("Règles de notation"),
    "response_scores": _("Scores de réponses distinctes"),
    "markings": _("États de correction"),
    "sheets": _("Copies"),
    "strays": _("Sauvegardes gardées à part"),
    "unopened": _("Envois non ouverts"),
    "pulls": _("États de collecte"),
    "kits": _("Lots d’installation"),
    "sealed_blobs": _("Cahiers et médias scellés"),
    "content_keys": _("Clés de cahiers"),
    "seats": _("Places et leurs codes"),
    "links": _("Liens entre élève et numéro d’ordre"),
    "holders": _("Détenteurs scellés des numéros d’ordre"),
    "groups": _("Groupes et leurs clés"),
    "pupils": _("Élèves"),
    "roll_imports": _("Imports de listes"),
    "teachers_of_classes": _("Rattachements d’enseignants"),
    "browser_sessions": _("Sessions de navigateur"),
    "parts": _("Épreuves"),
    "class_groups": _("Classes, sans leur nom"),
    "name_views": _("Lignes du journal des consultations"),
    "releases": _("Publications : procès-verbaux et décisions"),
}
"""Kind → what the office reads."""

CHECKS: dict[CheckName, Promise] = {
    "portal-shut": _("Les pages de la campagne sont fermées"),
    "key-destroyed": _("La clé de la campagne n’est plus dans le trousseau"),
    "rows-deleted": _("Aucune ligne à détruire ne reste en base"),
    "delivery-purged": _("La plateforme de passation répond que tout est purgé"),
    "delivery-counts": _("Tout ce que la plateforme détenait avait été collecté"),
    "database-vacuumed": _("Le fichier de la base est compacté, son journal vidé, relu sans faute"),
}
