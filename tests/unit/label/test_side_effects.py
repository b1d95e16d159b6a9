"""The coded list against the published list it was taken from, and that a wrong file is refused.

PUBLISHED quotes the project's shared list of measures (label/measures.md, section 8): row, word,
term, organ system, SNOMED CT codes and displays in its order, whether HL7's symptom map has it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA
from antagonist.label.side_effects import Code, load_side_effects, side_effects

PUBLISHED = """\
S2|vomiting|Vomiting|Gastrointestinal|422400008|Vomiting|
S2|nausea|Nausea|Gastrointestinal|422587007|Nausea|map
S2|stomach pain|Abdominal pain|Gastrointestinal|21522001 79922009|Abdominal pain; Epigastric pain|
S2|upset appetite|Decreased appetite|Metabolism and nutrition|79890006|Loss of appetite|
S2|upset stool|Diarrhoea|Gastrointestinal|62315008|Diarrhea|map
S2|upset stool|Constipation|Gastrointestinal|14760008|Constipation|map
S2|flatulence|Flatulence|Gastrointestinal|308698004|Flatulence symptom|
S3|weakness|Asthenia|General|13791008|Asthenia|
S3|fatigue|Fatigue|General|84229001|Fatigue|map
S3|sleep disturbance|Insomnia|Psychiatric|193462001 301345002|Insomnia; Difficulty sleeping|
S3|headache|Headache|Nervous system|25064002|Headache|map
S3|nightmares|Nightmare|Psychiatric|419145002|Nightmares|
S3|visual impairment|Visual impairment|Eye|397540003 111516008|\
Visual impairment; Blurring of visual image|
S3|dizziness|Dizziness|Nervous system|404640003|Dizziness|map
S4|cough|Cough|Respiratory|49727002|Cough|map
S4|sneezing|Sneezing|Respiratory|76067001|Sneezing|
S4|runny nose|Rhinorrhoea|Respiratory|64531003|Nasal discharge|map
S4|sweating|Hyperhidrosis|Skin|52613005|Excessive sweating|
S4|dry mouth|Dry mouth|Gastrointestinal|87715008|Xerostomia|
S5|rapid heartbeat|Tachycardia|Cardiac|3424008 80313002|Tachycardia; Palpitations|
S5|raised blood pressure|Blood pressure increased|Investigations|24184005 38936003 38341003|\
Abnormal blood pressure; Hypertensive disorder|
S6|frequent urination|Pollakiuria|Renal and urinary|162116003|Increased frequency of urination|
S6|swelling of legs|Oedema peripheral|General|102572006 762898005|Edema of lower extremity|
S6|swelling of face|Face oedema|Skin|445088006 278528006|Edema of face; Facial swelling|
S6|lowered potency|Erectile dysfunction|Reproductive|860914002 8357008|\
Erectile dysfunction; Reduced libido|
W1|nervousness|Nervousness|Psychiatric|424196004 48694002|Anxiety|
W1|irritability|Irritability|Psychiatric|55929007|Feeling irritable|
W1|lowered efficiency|(no exact term)|General|60032008|Unable to concentrate|
W1|diarrhoea|Diarrhoea|Gastrointestinal|62315008|Diarrhea|map
W1|sweating|Hyperhidrosis|Skin|52613005|Excessive sweating|
W1|joint pain|Arthralgia|Musculoskeletal|57676002|Joint pain|
W1|no appetite|Decreased appetite|Metabolism and nutrition|79890006|Loss of appetite|
W1|weakness|Asthenia|General|13791008|Asthenia|
W1|tremor|Tremor|Nervous system|26079004|Tremor|
W1|nausea|Nausea|Gastrointestinal|422587007|Nausea|map
W2|yellow sclera|Jaundice|Hepatobiliary|18165001|Jaundice|
W2|dark urine|Chromaturia|Renal and urinary|39575007 102866000|Abnormal urine|
"""
ROWS = [line.split("|") for line in PUBLISHED.split("\n") if line]
ALARMS = ["75544000", "87132004", "1148649003", "6471006", "95376002"]
RECALLED = {"24184005", "424196004", "39575007", "95376002"}
NOT_EXACT = {"38936003", "48694002", "60032008", "102866000"}
CODES = [code for term in side_effects().terms.values() for code in term.codes]


def check_digit(code: str) -> bool:
    """Whether the last digit is right. Source: Verhoeff 1969, as SNOMED CT identifiers use it."""
    product, total = [[0] * 10 for _ in range(10)], 0
    for a in range(10):
        for b in range(10):
            turned = a >= 5
            rotated = (a - b) % 5 if turned else (a + b) % 5
            if b >= 5:
                rotated = (a - b) % 5 if turned else 5 + (a + b) % 5
            elif turned:
                rotated += 5
            product[a][b] = rotated
    step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    for place, digit in enumerate(reversed(code)):
        moved = int(digit)
        for _ in range(place % 8):
            moved = step[moved]
        total = product[total][moved]
    return total == 0


@pytest.mark.parametrize("row", ["S2", "S3", "S4", "S5", "S6", "W1", "W2"])
def test_a_row_has_the_terms_of_the_published_list(row: str) -> None:
    found = side_effects()
    listed = [
        [
            word.text.en,
            term.title.en,
            found.organ_systems[str(term.organ_system)].en,
            " ".join(code.code for code in term.codes),
            "; ".join(code.display for code in term.codes if code.display),
            "map" if term.phr_symptom else "",
        ]
        for word in found.words
        if word.row == row
        for term in (found.terms[name] for name in word.terms)
    ]
    for line in listed:
        line[1] = "(no exact term)" if "no exact term" in line[1] else line[1]
    assert listed == [line[1:] for line in ROWS if line[0] == row]


def test_alarms_stand_in_no_row() -> None:
    found = side_effects()
    codes = [code.code for name in found.terms_of(None) for code in found.terms[name].codes]
    assert codes == ALARMS


def test_a_term_of_two_words_is_one_and_counts_once_in_a_row() -> None:
    found = side_effects()
    assert set(found.terms_of("W1")) & set(found.terms_of("S2")) == {
        *("nausea", "diarrhoea", "decreased_appetite"),
    }
    assert found.terms_of("S2").count("diarrhoea") == 1
    assert {name for word in found.words for name in word.terms} == set(found.terms)


def test_the_base_texts_group_stands_beside_the_standard_one() -> None:
    sweating = next(w for w in side_effects().words if (w.row, w.text.en) == ("S4", "sweating"))
    assert sweating.group == "respiratory"
    assert side_effects().terms[sweating.terms[0]].organ_system == "skin"


def test_what_was_seen_in_the_free_set_and_what_was_not() -> None:
    assert {code.code for code in CODES if not code.in_free_set} == RECALLED
    assert {code.code for code in CODES if code.provenance != "seen"} == RECALLED
    assert {code.code for code in CODES if code.meaning == "nearest"} == NOT_EXACT


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_a_code_has_its_check_digit(code: Code) -> None:
    assert check_digit(code.code)
    assert code.code[-3:-1] == "00"  # a concept of the core, not a description


def test_a_wrong_digit_is_found() -> None:
    assert not check_digit("422587006")
    assert not check_digit("425287007")


def test_the_code_to_exchange_is_of_the_set_and_exact_where_there_is_one() -> None:
    terms = side_effects().terms
    for name, code in {
        "abdominal_pain": "21522001",
        "nervousness": "48694002",
        "blood_pressure_increased": "38936003",
    }.items():
        preferred = terms[name].preferred
        assert preferred is not None
        assert preferred.code == code
    assert terms["injection_site_reaction"].preferred is None


def test_complaints_of_cows_are_marked() -> None:
    marked = {term.cows for term in side_effects().terms.values()} - {None}
    # restlessness, pupils, yawning and gooseflesh stand in no row of the base text
    assert marked == {
        *("pulse", "sweating", "bone_joint_ache", "runny_nose_tears", "gut", "tremor"),
        "anxiety_irritability",
    }


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("organ_system: skin", "organ_system: skim", "did you mean skin"),
        ("cows: gut", "cows: gust", "did you mean gut"),
        ("terms: [cough]", "terms: [couch]", "did you mean cough"),
        ("group: digestive", "group: digestiv", "did you mean digestive"),
        ("{row: S5, text: {en: rapid", "{row: S4, text: {en: rapid", "a row of the group"),
        ('code: "422400008"', 'code: "4224x"', "line"),
        ("phr_symptom: true", "phr: true", "Extra inputs"),
    ],
)
def test_a_wrong_file_names_the_field(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (DATA / "side_effects.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "side_effects.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=named):
        load_side_effects(path)


@pytest.mark.parametrize(
    "change",
    [
        {"meaning": "also"},
        {"when": {"en": "x", "ru": "x"}},
        {"in_free_set": False},
        {"provenance": "recalled"},
    ],
)
def test_a_code_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    right = {"code": "422587007", "display": "Nausea", "provenance": "seen"}
    assert Code.model_validate(right).in_free_set
    with pytest.raises(ValidationError):
        Code.model_validate(right | change)
