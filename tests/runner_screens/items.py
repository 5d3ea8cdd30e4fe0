"""One question of each kind, as a booklet has it, with the pictures and sounds they show."""

import base64
import io
import wave
from typing import Any

Drawing = dict[str, Any]

_MAP = """<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300" viewBox="0 0 400 300">
<rect width="400" height="300" fill="#dfeaf0"/>
<path d="M60 40 L200 20 L330 70 L360 180 L280 270 L140 260 L50 170 Z" fill="#f2ead2"
 stroke="#8a7a55" stroke-width="2"/>
<path d="M200 20 Q180 120 240 170 T280 270" fill="none" stroke="#5b92b5" stroke-width="5"/>
<g fill="#55646c"><circle cx="110" cy="100" r="5"/><circle cx="280" cy="110" r="5"/>
<circle cx="190" cy="220" r="5"/></g></svg>"""


def _silence() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(b"\0\0" * 4_000)
    return file.getvalue()


def _asset(media_type: str, payload: bytes) -> dict[str, str]:
    return {"media_type": media_type, "base64": base64.b64encode(payload).decode()}


ASSETS = {
    "a1": _asset("image/svg+xml", _MAP.encode()),
    "a2": _asset("audio/wav", _silence()),
}
PICTURE = {"asset": "a1", "width": "400", "height": "300", "alt": "La carte d’une île"}


def _item(
    body: list[Any], response: dict[str, Any], shared: dict[str, Any] | None = None
) -> Drawing:
    given = {"id": "r1", "cardinality": "multiple", "base": "identifier", "keys": [], **response}
    item = {"id": "i1", "label": "1", "body": body, "responses": [given]}
    return {"item": item, "assets": ASSETS, "shared": shared or {}}


def _options(*texts: str, **more: str) -> list[Any]:
    return [["option", {"value": f"c{place}", **more}, text] for place, text in enumerate(texts, 1)]


def _spots(**more: str) -> list[Any]:
    shapes = [
        ("circle", "110,100,26", "Port-Louis"),
        ("rect", "250,80,310,140", ""),
        ("poly", "190,190,225,230,190,252,155,230", "Le sud"),
    ]
    return [
        ["spot", {"value": f"s{place}", "shape": shape, "coords": coords, "label": label, **more}]
        for place, (shape, coords, label) in enumerate(shapes, 1)
    ]


def _prompt(text: str) -> list[Any]:
    return ["prompt", {}, ["p", {}, text]]


ORDER = _item(
    [
        [
            "order",
            {"response": "r1"},
            _prompt("Ranger ces moments de la journée, du premier au dernier."),
            *_options("Le déjeuner", "Le lever", "Le dîner", "Le goûter"),
        ]
    ],
    {"interaction": "order", "cardinality": "ordered", "max_choices": 0},
)
ORDER_SOME = _item(
    [
        [
            "order",
            {"response": "r1"},
            _prompt("Ranger les trois plus petits nombres, du plus petit au plus grand."),
            *_options("0,5", "0,45", "0,405", "0,54", "0,504"),
        ]
    ],
    {"interaction": "order", "cardinality": "ordered", "min_choices": 2, "max_choices": 3},
)
MATCH = _item(
    [
        [
            "match",
            {"response": "r1"},
            _prompt("Cocher la classe de chaque mot."),
            ["set", {}, *_options("« rapidement »", "« maison »", "« chanter »")],
            [
                "set",
                {},
                *[
                    ["option", {"value": f"d{place}", "most": "0"}, text]
                    for place, text in enumerate(("nom", "verbe", "adverbe"), 1)
                ],
            ],
        ]
    ],
    {"interaction": "match", "base": "directed-pair", "max_choices": 3},
)
MATCH_MANY = _item(
    [
        [
            "match",
            {"response": "r1"},
            _prompt("Cocher tout ce qui convient."),
            ["set", {}, *_options("Un carré", "Un rectangle", "Un losange", most="0")],
            [
                "set",
                {},
                *[
                    ["option", {"value": f"d{place}", "most": "2"}, text]
                    for place, text in enumerate(
                        ("4 côtés égaux", "4 angles droits", "diagonales égales"), 1
                    )
                ],
            ],
        ]
    ],
    {"interaction": "match", "base": "directed-pair", "max_choices": 0},
)
ASSOCIATE = _item(
    [
        [
            "associate",
            {"response": "r1"},
            _prompt("Former des paires de contraires."),
            *_options("grand", "rapide", "petit", "lent", "chaud", "froid"),
        ]
    ],
    {"interaction": "associate", "base": "pair", "max_choices": 3, "min_choices": 2},
)
GAP_MATCH = _item(
    [
        [
            "gap-match",
            {"response": "r1"},
            _prompt("Compléter le texte."),
            ["bank", {}, *_options("loup", "forêt", "chasseur", "lune")],
            [
                "p",
                {},
                "Le ",
                ["gap", {"value": "g1"}],
                " sort de la ",
                ["gap", {"value": "g2"}],
                " quand la ",
                ["gap", {"value": "g3"}],
                " se lève.",
            ],
        ]
    ],
    {"interaction": "gap-match", "base": "directed-pair", "max_choices": 0},
)
GRAPHIC_GAP = _item(
    [
        [
            "graphic-gap-match",
            {"response": "r1", **PICTURE},
            _prompt("Placer les noms sur la carte."),
            ["bank", {}, *_options("Le phare", "Le port", "Le lac")],
            *_spots(most="1"),
        ]
    ],
    {"interaction": "graphic-gap-match", "base": "directed-pair", "max_choices": 0},
)
HOTSPOT = _item(
    [["hotspot", {"response": "r1", **PICTURE}, _prompt("Où est le port ?"), *_spots()]],
    {"interaction": "hotspot", "cardinality": "single", "max_choices": 1},
)
HOTSPOT_MANY = _item(
    [["hotspot", {"response": "r1", **PICTURE}, _prompt("Choisir deux villes."), *_spots()]],
    {"interaction": "hotspot", "min_choices": 2, "max_choices": 2},
)
HOTTEXT = _item(
    [
        [
            "hottext",
            {"response": "r1"},
            _prompt("Choisir les verbes."),
            [
                "p",
                {},
                "Le ",
                ["hot", {"value": "c1"}, "vieux"],
                " pêcheur ",
                ["hot", {"value": "c2"}, "rentre"],
                " au port et ",
                ["hot", {"value": "c3"}, "range"],
                " ses filets dans la ",
                ["hot", {"value": "c4"}, "barque"],
                ".",
            ],
        ]
    ],
    {"interaction": "hottext", "max_choices": 2},
)
HOTTEXT_ONE = _item(
    HOTTEXT["item"]["body"],
    {"interaction": "hottext", "cardinality": "single", "max_choices": 1},
)
SELECT_POINT = _item(
    [["select-point", {"response": "r1", **PICTURE}, _prompt("Marquer la source de la rivière.")]],
    {"interaction": "select-point", "base": "point", "cardinality": "single", "max_choices": 1},
)
SELECT_POINTS = _item(
    [["select-point", {"response": "r1", **PICTURE}, _prompt("Marquer deux villes.")]],
    {"interaction": "select-point", "base": "point", "min_choices": 1, "max_choices": 2},
)
SLIDER = _item(
    [
        [
            "slider",
            {"response": "r1", "min": "0", "max": "10", "step": "1", "labels": "true"},
            _prompt("Placer le curseur sur 7."),
        ]
    ],
    {"interaction": "slider", "cardinality": "single", "base": "integer"},
)
SLIDER_UP = _item(
    [
        [
            "slider",
            {"response": "r1", "min": "0", "max": "1", "step": "0.25", "labels": "true",
             "orientation": "vertical"},
            _prompt("Jusqu’où le verre est-il plein ?"),
        ]
    ],
    {"interaction": "slider", "cardinality": "single", "base": "float"},
)  # fmt: skip
MEDIA = _item(
    [
        [
            "media",
            {"response": "r1", "min-plays": "1", "max-plays": "2"},
            _prompt("Écouter l’histoire."),
            ["audio", {"asset": "a2", "alt": "Une histoire courte"}],
        ]
    ],
    {"interaction": "media", "cardinality": "single", "base": "integer"},
)
END_ATTEMPT = _item(
    [
        ["p", {}, "Une aide est possible."],
        ["p", {}, ["end-attempt", {"response": "r1", "title": "Voir un exemple"}]],
    ],
    {"interaction": "end-attempt", "cardinality": "single", "base": "boolean"},
)
CHOICE = _item(
    [
        [
            "choice",
            {"response": "r1", "class": "qti-labels-upper-alpha qti-choices-stacking-2"},
            _prompt("Quels nombres sont pairs ?"),
            *_options("12", "15", "20", "33"),
        ]
    ],
    {"interaction": "choice", "min_choices": 2, "max_choices": 0},
)
CHOICE_EXPLAINED = _item(
    [
        [
            "choice",
            {"response": "r1"},
            _prompt("Quelle figure a quatre côtés égaux ?"),
            ["option", {"value": "c1"}, "Un ", ["span", {"catalog": "t1"}, "losange"]],
            ["option", {"value": "c2"}, "Un triangle"],
        ]
    ],
    {"interaction": "choice", "cardinality": "single", "max_choices": 1},
    {"catalogs": {"t1": [{"support": "keyword-translation", "language": "en",
                          "content": [["p", {}, "rhombus"]]}]}},
)  # fmt: skip
INLINE = _item(
    [
        [
            "p",
            {},
            "Les oiseaux ",
            ["inline-choice", {"response": "r1"}, *_options("chante", "chantent")],
            " le matin.",
        ]
    ],
    {"interaction": "inline-choice", "cardinality": "single"},
)
TEXT = _item(
    [["p", {}, "3,5 + 1,5 = ", ["text-entry", {"response": "r1", "class": "qti-input-width-4"}]]],
    {"interaction": "text-entry", "cardinality": "single", "base": "float"},
)
ESSAY = _item(
    [["p", {}, "Décrire l’image."], ["extended-text", {"response": "r1"}]],
    {"interaction": "extended-text", "cardinality": "single", "base": "string", "lines": 5},
)
_X = ["mrow", {}, ["mo", {}, "−"], ["mi", {}, "b"], ["mo", {}, "+"], ["msqrt", {}, ["mi", {}, "d"]]]
CONTENT = _item(
    [
        ["stimulus", {"ref": "s1"}],
        [
            "p",
            {"class": "k1"},
            "Le ",
            ["span", {"catalog": "t1"}, "discriminant"],
            " donne ",
            ["math", {}, ["mfrac", {}, _X, ["mrow", {}, ["mn", {}, "2"], ["mi", {}, "a"]]]],
            ".",
        ],
        [
            "table",
            {},
            ["caption", {}, "Températures"],
            ["thead", {}, ["tr", {}, ["th", {"scope": "col"}, "Ville"],
                           ["th", {"scope": "col"}, "°C"]]],
            ["tbody", {}, ["tr", {}, ["th", {"scope": "row"}, "Brest"], ["td", {}, "12"]]],
        ],
        ["p", {}, "Réponse : ", ["text-entry", {"response": "r1"}]],
    ],
    {"interaction": "text-entry", "cardinality": "single", "base": "string"},
    {
        "stimuli": {
            "s1": {"body": [["p", {}, "Un texte que plusieurs questions partagent."]],
                   "styles": [], "language": ""},
        },
        "styles": {"y1": [["p.k1", [["color", "rgb(120, 20, 60)"], ["position", "fixed"]]]]},
        "catalogs": {
            "t1": [
                {"support": "glossary-on-screen", "language": "",
                 "content": [["p", {}, "Ce qui dit combien l’équation a de solutions."]]},
                {"support": "keyword-translation", "language": "en",
                 "content": [["p", {}, "discriminant"]]},
            ]
        },
    },
)  # fmt: skip
CONTENT["item"]["styles"] = ["y1"]

ALL: dict[str, Drawing] = {
    "choice": CHOICE,
    "choice-explained": CHOICE_EXPLAINED,
    "inline-choice": INLINE,
    "text-entry": TEXT,
    "extended-text": ESSAY,
    "order": ORDER,
    "order-some": ORDER_SOME,
    "match": MATCH,
    "match-many": MATCH_MANY,
    "associate": ASSOCIATE,
    "gap-match": GAP_MATCH,
    "graphic-gap-match": GRAPHIC_GAP,
    "hotspot": HOTSPOT,
    "hotspot-many": HOTSPOT_MANY,
    "hottext": HOTTEXT,
    "hottext-one": HOTTEXT_ONE,
    "select-point": SELECT_POINT,
    "select-points": SELECT_POINTS,
    "slider": SLIDER,
    "slider-up": SLIDER_UP,
    "media": MEDIA,
    "end-attempt": END_ATTEMPT,
    "content": CONTENT,
}
GIVEN: dict[str, list[str]] = {
    "choice": ["c1", "c3"],
    "inline-choice": ["c2"],
    "text-entry": ["5"],
    "extended-text": ["Une île."],
    "order": ["c2", "c1", "c4", "c3"],
    "order-some": ["c3", "c2"],
    "match": ["c1 d3", "c2 d1"],
    "match-many": ["c1 d1", "c1 d2", "c2 d2"],
    "associate": ["c1 c3", "c4 c2"],
    "gap-match": ["c1 g1", "c4 g3"],
    "graphic-gap-match": ["c2 s1", "c1 s3"],
    "hotspot": ["s2"],
    "hotspot-many": ["s1", "s3"],
    "hottext": ["c2", "c3"],
    "hottext-one": ["c2"],
    "select-point": ["200 20"],
    "select-points": ["110 100", "280 110"],
    "slider": ["7"],
    "slider-up": ["0.25"],
    "media": ["1"],
    "end-attempt": ["true"],
}
"""An answer to each, to be restored."""
