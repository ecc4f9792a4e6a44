"""The language of a text by its script and commonest words."""

import json
from pathlib import Path

import pytest

from lib.text.language_guess import COMMON_WORDS, contradicts, guess_language, language_name

MEETINGS = Path(__file__).parents[3] / "models_runner" / "sample" / "meetings"
SENTENCES = {
    "de": "Ich glaube, wir sollten das nicht heute machen, weil die Leute auf den Bericht warten und es nicht eilt.",
    "fr": "Je pense que nous ne devons pas le faire, il y a des gens qui attendent le rapport, c'est pour nous.",
    "es": "Bueno, vamos a empezar la reunión de hoy con los puntos que se quedaron pendientes por el informe.",
    "it": "Penso che il bilancio non è ancora pronto, ma possiamo parlare di questo con gli altri per una mezza ora.",
    "pt": "Eu acho que não é para fazer isso hoje, mas você pode falar com os outros por mais uma semana.",
    "nl": "Ik denk dat we dat niet moeten doen, er zijn nog mensen die op het rapport wachten en je weet het ook.",
    "sv": "Jag tror att vi inte ska göra det idag, det är många som väntar på rapporten och vi har tid till fredag.",
    "pl": "Myślę, że nie jest tak źle, ale co mamy zrobić z tym raportem, czy to się da skończyć na czas po urlopie?",
    "tr": "Ben bu raporu bugün bitirmek için çok uğraştım ama ne yazık ki bir şey eksik ve daha hazır değil.",
    "ja": "おはようございます。今日の会議を始めます。予算の話からです。",
    "ko": "안녕하세요 오늘 회의를 시작하겠습니다 예산 이야기부터 하겠습니다",
    "ru": "Доброе утро, начинаем встречу и сразу говорим о бюджете.",
    "uk": "Доброго ранку, починаємо зустріч, її тема є в листі.",
    "ar": "صباح الخير، نبدأ الاجتماع الآن ونتحدث عن الميزانية.",
    "fa": "صبح بخیر، جلسه را شروع می‌کنیم، چه کسی گزارش پروژه را دارد؟",
    "zh": "早上好，我们开始会议，先谈预算。",
}


@pytest.mark.parametrize(("code", "text"), SENTENCES.items(), ids=list(SENTENCES))
def test_a_sentence_or_two_are_enough(code, text):
    assert guess_language(text).code == code
    assert guess_language(text * 5).sure


@pytest.mark.parametrize("file", sorted(MEETINGS.glob("*.json")), ids=lambda file: file.stem)
def test_the_sample_meetings_are_in_their_languages_whole_and_turn_by_turn(file):
    content = json.loads(file.read_text())
    turns = [turn["content"] for turn in content["transcript"]]
    guess = guess_language("\n".join(turns))
    assert (guess.code, guess.sure) == (content.get("language", "en"), True)
    assert {guess_language(turn).code for turn in turns} == {guess.code}


@pytest.mark.parametrize("text", ["", "1 2 3", "Ana: hello", "OK OK OK", "…", "A B C D E F G H I J K L M N O"])
def test_what_tells_nothing_is_taken_for_english_and_not_for_sure(text):
    guess = guess_language(text)
    assert (guess.code, guess.sure) == ("en", False)


def test_a_chinese_meeting_full_of_english_words_is_chinese():
    assert guess_language("我们用 Kubernetes cluster and GPU 来 deploy 这个 model server").code == "zh"
    assert guess_language("We met 李伟 in the office and he said that it is not ready for the launch").code == "en"


@pytest.mark.parametrize(
    ("code", "found", "told"),
    [
        ("en", "zh", True),
        ("zh", "en", True),
        ("zh-Hant", "zh", False),
        ("yue", "zh", False),
        ("ja", "zh", True),
        ("en-GB", "en", False),
        ("en", "de", True),
        ("gl", "pt", False),  # Galician has no list of words here: nobody can tell
        ("nb", "da", False),
        ("uk", "ru", False),  # one script, of which only some letters tell
        ("sr-Latn", "ru", True),
        ("nonsense", "zh", False),  # nobody knows its script
    ],
)
def test_contradictions_are_told_by_script_and_by_words_where_both_are_known(code, found, told):
    assert contradicts(code, found) is told


def test_every_language_with_words_has_a_name():
    assert {language_name(code) for code in COMMON_WORDS} >= {"English", "German", "Vietnamese"}
