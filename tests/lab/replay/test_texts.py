"""Both languages say everything, and nothing is said that no page asks for."""

import re
from importlib import resources

from cityloop.lab.replay.texts import texts


def test_every_text_has_both_languages_with_the_same_places():
    for key, words in texts().items():
        assert words.en and words.ko, key
        assert set(re.findall(r"{\w+}", words.en)) == set(re.findall(r"{\w+}", words.ko)), key


def test_every_text_is_used_and_every_used_one_is_there():
    folder = resources.files("cityloop.lab.replay")
    page = folder.joinpath("page.py").read_text("utf-8")
    template = folder.joinpath("templates", "replay.html.j2").read_text("utf-8")
    player = folder.joinpath("templates", "player.js").read_text("utf-8")
    used = set(re.findall(r'\bt\("(\w+)"\)', template)) | set(re.findall(r'texts\(\)\["(\w+)"\]', page))
    used |= {"js_" + key for key in re.findall(r'this\.say\("(\w+)"', player)} | set(
        re.findall(r"texts\.(js_\w+)", player)
    )
    assert used | {"engine_sumo", "engine_twin"} == set(texts())
