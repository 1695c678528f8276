"""Settings of the signals service."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

PolicyName = Literal["field", "webster", "actuated", "max-pressure", "smart"]


class PlannerConfig(BaseModel):
    """One set of parameters for every junction and every city.

    The traffic parameters describe an ordinary lane: a queue of cars that discharges straight on at a
    headway of 1.67 s (reaction plus the way to the next vehicle at the speed of a starting queue) and
    more slowly in a curve, a gap of 3 s accepted by a movement that yields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    replan_s: float = Field(2.0, gt=0, description="time between two plans")
    steps_s: tuple[PositiveFloat, ...] = Field(
        (1.0,) * 6 + (2.0,) * 11 + (4.0,) * 3, min_length=1, description="lengths of the search steps, from now on"
    )
    oversaturated_veh: float = Field(
        10.0, gt=0, description="waiting vehicles not served within the horizon that make the next one twice as long"
    )
    beam_width: int = Field(32, ge=2, description="branches kept after each step")
    n_evaluations_most: int = Field(
        50_000_000,
        ge=0,
        description="step evaluations of one decision over all junctions, a busy one needs about 1,000; "
        "those that are left over are run by gap-out control",
    )
    n_samples: int = Field(3, ge=1, le=8, description="draws of uncertain movements that a plan must serve")
    n_stages_most: int = Field(10, ge=2, description="stages to choose from at a junction, at most")
    coupled_below_m: float = Field(
        20.0,
        ge=0,
        description="two signals closer than this are planned as one where a turn waits for a gap between them",
    )
    reach_m: float = Field(400.0, gt=0, description="how far upstream of a stop line arrivals are followed")
    exit_reach_m: float = Field(80.0, gt=0, description="how far downstream of a junction queues are looked for")
    reaction_s: float = Field(
        1.0, gt=0, description="part of the saturation headway that does not depend on the vehicle"
    )
    standing_gap_m: float = Field(2.0, gt=0, description="gap between queued vehicles")
    discharge_mps: float = Field(10.4, gt=0, description="speed of a discharging queue, straight on")
    curve_speed_frac: float = Field(
        0.93, gt=0, description="speed of a turning queue over the highest speed of the curve"
    )
    acceleration_mps2: float = Field(2.6, gt=0, description="acceleration of a starting vehicle")
    start_loss_s: float = Field(0.7, ge=0, description="time lost at the start of green by a queue")
    critical_gap_s: float = Field(3.0, gt=0, description="gap that a yielding movement needs in a stream it yields to")
    yellow_use_s: float = Field(1.5, ge=0, description="part of the yellow that is still driven")
    stop_cost_s: float = Field(3.0, ge=0, description="what a stop costs in seconds of delay")
    residual_s: float = Field(10.0, ge=0, description="expected further wait of a vehicle queued at the horizon")
    residual_growth_s: float = Field(1.0, ge=0, description="growth of that wait with the queue")
    switch_cost_s: float = Field(0.0, ge=0, description="cost of a change of stage beyond its lost time")
    waiting_scale_s: float = Field(80.0, gt=0, description="wait that doubles the weight of a lane")
    n_places: int = Field(24, ge=1, description="places of an out-lane that are looked at")
    sight_m: float = Field(60.0, gt=0, description="queue ends further down an out-lane than this do not bind")
    wave_mps: float = Field(6.0, gt=0, description="speed at which a starting queue moves up")
    exit_headway_s: float = Field(2.5, gt=0, description="headway of a queue that no signal ends")
    brief_block_s: float = Field(
        2.0, ge=0, description="how long a vehicle just stopped inside the junction is in the way"
    )
    long_block_s: float = Field(6.0, ge=0, description="how long one that has stood there longer is in the way")
    max_red_margin_s: float = Field(
        12.0, ge=0, description="time before its maximum red at which a waiting movement must be chosen"
    )
    forget_above_veh: float = Field(400.0, gt=0, description="counts of a lane above which older ones lose weight")
    ruled_out_after_s: float = Field(
        4.0, gt=0, description="green not used by a standing leader after which it is taken not to want that movement"
    )


class ActuatedConfig(BaseModel):
    """Settings of gap-out control (values in the middle of the ranges of NCHRP Report 812)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passage_s: float = Field(3.0, gt=0, description="gap that ends a green")
    max_green_s: float = Field(50.0, gt=0, description="longest green while another stage is called")


class MaxPressureConfig(BaseModel):
    """Settings of max-pressure control."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    switch_period_s: float = Field(15.0, gt=0, description="time over which a change must pay for its lost time")


class WebsterConfig(BaseModel):
    """Settings of the re-timed fixed plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retime_s: float = Field(900.0, gt=0, description="time between two re-timings")
    first_green_s: float = Field(20.0, gt=0, description="green of every stage before anything is measured")
    saturation_vph: float = Field(1800.0, gt=0, description="saturation flow of a lane")
    start_loss_s: float = Field(2.0, ge=0, description="time lost at the start and end of a green")
    min_cycle_s: float = Field(40.0, gt=0, description="shortest cycle")
    max_cycle_s: float = Field(120.0, gt=0, description="longest cycle")


class SignalsConfig(BaseModel):
    """Settings of the signals service; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: PolicyName = "smart"
    planner: PlannerConfig = PlannerConfig()
    actuated: ActuatedConfig = ActuatedConfig()
    max_pressure: MaxPressureConfig = MaxPressureConfig()
    webster: WebsterConfig = WebsterConfig()
