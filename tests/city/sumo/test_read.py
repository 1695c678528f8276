import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cityloop.city.city import City
from cityloop.city.errors import Unusable
from cityloop.city.sumo import SumoInput, read_city, read_sumo_config, require_signals

GOLDEN = Path(__file__).parents[2] / "golden"
GAMES = ["A10KW", "DRT", "DRT2", "DRT_demo", "bs3Dosm", "bs3d", "corridor", "cross", "cross_demo", "fkk_in"]
GAMES += ["fokr_bs_demo", "grid6", "rail", "rail_demo", "ramp", "square"]


def check_whole(city: City) -> None:
    """Rows that point at other rows point at rows that are there."""
    n = {name: getattr(city, name).n_rows for name in ("nodes", "roads", "lanes", "points", "movements", "signals")}
    for table, column, target in (
        ("roads", "from_node_ix", "nodes"),
        ("roads", "to_node_ix", "nodes"),
        ("lanes", "road_ix", "roads"),
        ("movements", "from_lane_ix", "lanes"),
        ("movements", "to_lane_ix", "lanes"),
        ("movements", "node_ix", "nodes"),
        ("movements", "signal_ix", "signals"),
        ("conflicts", "foe_ix", "movements"),
        ("links", "signal_ix", "signals"),
        ("plans", "signal_ix", "signals"),
        ("stops", "lane_ix", "lanes"),
        ("detectors", "lane_ix", "lanes"),
        ("demand", "from_road_ix", "roads"),
        ("demand", "to_road_ix", "roads"),
    ):
        values = getattr(city, table)[column]
        assert np.all((values >= -1) & (values < n[target])), (table, column)
    for signal_ix in range(city.signals.n_rows):
        links = city.links_of(signal_ix)
        assert np.all(city.links["signal_ix"][links] == signal_ix)
        assert city.plans["signal_ix"][city.signals["plan_ix"][signal_ix]] == signal_ix
        for plan_ix in np.flatnonzero(city.plans["signal_ix"] == signal_ix):
            assert {len(state) for state in city.states_of(plan_ix)} == {links.stop - links.start}
        ruled = city.movements["link_ix"][city.movements["signal_ix"] == signal_ix]
        assert np.all((ruled >= links.start) & (ruled < links.stop))
    is_free = city.movements["signal_ix"] < 0
    assert np.array_equal(is_free, city.movements["link_ix"] < 0)
    assert np.all(city.movements["length_m"] >= 0)
    assert np.all(city.detectors["distance_m"] >= 0)


@pytest.mark.parametrize("name", GAMES)
def test_every_game_of_sumo_can_be_read(game_configs: list[Path], name: str) -> None:
    check_whole(read_city(read_sumo_config({path.stem: path for path in game_configs}[name]), name))


def test_no_game_is_left_out(game_configs: list[Path]) -> None:
    assert sorted(GAMES) == [path.stem for path in game_configs]


@pytest.mark.parametrize(
    ("name", "n_signals", "n_movements", "n_conflicts"),
    [
        ("cologne1", 1, 25, 132),
        ("cologne3", 3, 140, 518),
        ("cologne8", 8, 352, 920),
        ("ingolstadt1", 1, 18, 26),
        ("ingolstadt7", 7, 219, 398),
        ("ingolstadt21", 21, 1692, 3528),
        ("grid4x4", 16, 576, 8064),
        ("arterial4x4", 16, 208, 768),
    ],
)
def test_resco_scenarios(
    resco_configs: dict[str, Path], name: str, n_signals: int, n_movements: int, n_conflicts: int
) -> None:
    city = read_city(read_sumo_config(resco_configs[name]), name)
    check_whole(city)
    found = (city.signals.n_rows, city.movements.n_rows, city.conflicts.n_rows)
    assert found == (n_signals, n_movements, n_conflicts)
    assert np.all(city.demand["from_road_ix"] >= 0)
    assert np.all(city.demand["to_road_ix"] >= 0)


@pytest.mark.parametrize("name", ["A10KW", "fkk_in", "cross", "cross_demo", "grid6", "square", "DRT", "fokr_bs_demo"])
def test_programs_in_force_and_states_are_those_of_sumo(game_configs: list[Path], name: str) -> None:
    import libsumo

    source = read_sumo_config({path.stem: path for path in game_configs}[name])
    city = read_city(source, name)
    command = ["sumo", "-n", str(source.net_path), "-b", str(source.begin_s), "--no-warnings", "true"]
    if source.additional_paths:
        command += ["-a", ",".join(map(str, source.additional_paths))]
    for option, value in source.options:
        command += [f"--{option}", value]
    libsumo.start(command)
    try:
        for signal_ix in range(city.signals.n_rows):
            signal_id = str(city.signals["signal_id"][signal_ix])
            plan_ix = int(city.signals["plan_ix"][signal_ix])
            assert libsumo.trafficlight.getProgram(signal_id) == city.plans["plan_id"][plan_ix]
            stage = libsumo.trafficlight.getPhase(signal_id)
            assert libsumo.trafficlight.getRedYellowGreenState(signal_id) == city.states_of(plan_ix)[stage]
            lanes = libsumo.trafficlight.getControlledLinks(signal_id)
            links = city.links_of(signal_ix)
            for link, is_used in zip(lanes, city.links["is_used"][links], strict=False):
                assert bool(link) == is_used
    finally:
        libsumo.close()


def test_what_is_not_read_is_named(pair_net: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.add.xml"
    path.write_text('<additional><poi id="a"/><poi id="b"/><rerouter id="r"/><containerFlow id="c"/></additional>')
    city = read_city(SumoInput(None, pair_net, additional_paths=(path,)), "pair")
    assert [(finding.where, finding.text) for finding in city.findings] == [
        ("more.add.xml", "2 <poi> not read"),
        ("more.add.xml", "1 <rerouter> not read"),
        ("more.add.xml", "1 <containerFlow> not read"),
    ]


def test_gzipped_net_reads_the_same(pair_net: Path, tmp_path: Path) -> None:
    packed = tmp_path / "pair.net.xml.gz"
    packed.write_bytes(gzip.compress(pair_net.read_bytes()))
    plain, city = read_city(SumoInput(None, pair_net), "a"), read_city(SumoInput(None, packed), "b")
    for name in ("roads", "lanes", "movements", "conflicts", "signals", "stages"):
        for column, values in getattr(plain, name).items():
            same = np.array_equal(values, getattr(city, name)[column], equal_nan=values.dtype == np.float64)
            assert same, (name, column)


def test_a_net_without_signals_is_read_but_refused_for_signals(game_configs: list[Path], pair: City) -> None:
    city = read_city(read_sumo_config(next(p for p in game_configs if p.stem == "rail_demo")), "rail")
    assert any("rail signals" in finding.text for finding in city.findings)
    with pytest.raises(Unusable, match=r"rail_demo/net\.net\.xml: the net has no signals"):
        require_signals(city)
    require_signals(pair)


def test_a_file_that_is_no_net_is_unusable(tmp_path: Path) -> None:
    path = tmp_path / "x.net.xml"
    path.write_text("<routes/>")
    with pytest.raises(Unusable, match="the root is <routes>, not <net>"):
        read_city(SumoInput(None, path), "x")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_read_or_unusable_and_nothing_else(
    cross_net: Path, pair_net: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Change an attribute's value, drop an attribute, an element or the end of a file."""
    net_path = data.draw(st.sampled_from([cross_net, pair_net]))
    lines = net_path.read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("<net"))
    at = data.draw(st.integers(first, len(lines) - 1))
    damage = data.draw(st.sampled_from(["value", "attribute", "line", "end", "repeat"]))
    pieces = lines[at].split('"')
    if damage == "value" and len(pieces) > 1:
        value = data.draw(st.sampled_from(["", "x", "-1", "9999", "nan", "1e400", ":C_2_0", "10 20", "한"]))
        pieces[2 * data.draw(st.integers(0, len(pieces) // 2 - 1)) + 1] = value
        lines[at] = '"'.join(pieces)
    elif damage == "attribute" and len(pieces) > 2:
        k = 2 * data.draw(st.integers(0, len(pieces) // 2 - 1))
        name_start = pieces[k].rstrip("=").rfind(" ")
        lines[at] = '"'.join([*pieces[:k], pieces[k][:name_start] + pieces[k + 2], *pieces[k + 3 :]])
    elif damage == "line":
        del lines[at]
    elif damage == "end":
        lines = lines[:at]
    else:
        lines.insert(at, lines[at])
    path = tmp_path / "damaged.net.xml"
    path.write_text("\n".join(lines))
    try:
        city = read_city(SumoInput(None, path), "damaged")
    except Unusable as error:
        assert "\n" not in str(error)
    else:
        check_whole(city)
