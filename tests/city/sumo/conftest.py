"""Small hand-made cities, built by netconvert, and the places of the real ones."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cityloop.city.city import City
from cityloop.city.sumo import SumoInput, read_city

GOLDEN = Path(__file__).parents[2] / "golden"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"the package {name} is not installed")
    return Path(spec.submodule_search_locations[0])


def _build(name: str, target: Path, *options: str) -> Path:
    folder = GOLDEN / name
    command = [str(_package("sumo") / "bin" / "netconvert"), "-n", str(folder / f"{name}.nod.xml")]
    command += ["-e", str(folder / f"{name}.edg.xml"), "-o", str(target), "--no-turnarounds", *options]
    if (folder / f"{name}.con.xml").is_file():
        command += ["-x", str(folder / f"{name}.con.xml")]
    subprocess.run(command, check=True, capture_output=True)
    return target


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build a golden net with further options of netconvert."""

    def build(name: str, *options: str) -> Path:
        return _build(name, tmp_path_factory.mktemp(name) / f"{name}.net.xml", *options)

    return build


@pytest.fixture(scope="session")
def cross_net(build: Callable[..., Path]) -> Path:
    """One signal with two crossings, one of them with a link in each direction."""
    return build("cross")


@pytest.fixture(scope="session")
def pair_net(build: Callable[..., Path]) -> Path:
    """One signal over two nodes, followed by an unsignalised node."""
    return build("pair")


@pytest.fixture(scope="session")
def cross(cross_net: Path) -> City:
    return read_city(SumoInput(None, cross_net), "cross")


@pytest.fixture(scope="session")
def pair(pair_net: Path) -> City:
    return read_city(SumoInput(None, pair_net), "pair")


@pytest.fixture
def city_with(pair_net: Path, tmp_path: Path) -> Callable[..., City]:
    """Read the pair with an additional file of the given content."""

    def city_with(additional: str, **options: object) -> City:
        path = tmp_path / "extra.add.xml"
        path.write_text(additional if additional.startswith("<?xml") else f"<additional>{additional}</additional>")
        return read_city(SumoInput(None, pair_net, additional_paths=(path,), **options), "pair")  # type: ignore[arg-type]

    return city_with


@pytest.fixture(scope="session")
def game_configs() -> list[Path]:
    """Every configuration of SUMO's games."""
    return sorted((_package("sumo") / "tools" / "game").glob("*.sumocfg"))


@pytest.fixture(scope="session")
def resco_configs() -> dict[str, Path]:
    """The RESCO configurations by name."""
    return {path.stem: path for path in sorted((_package("sumo_rl") / "nets" / "RESCO").glob("*/*.sumocfg"))}
