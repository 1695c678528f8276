"""What a camera or radar at a junction is like."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """Figures of a camera (or radar) that tracks vehicles on one arm of a junction.

    Parameters
    ----------
    range_m : float
        Sight along the road from the stop line. Makers of radars for advance detection name 180 m and more, those of
        stop-line detection 40 m; 150 m is what one unit an arm is commonly specified for.
    height_m : float
        Of the mast; 12 m (40 ft) in Rhodes, Bullock, Sturdevant, Clark and Candey, "Evaluation of stop bar video
        detection accuracy at signalized intersections", Transportation Research Record 1925, 2005.
    missed_frac : float
        Share of vehicles that a camera never finds.
    dropped_frac : float
        Share of the time for which it loses one that it has found, two seconds at a time.
    ghosts_vph : float
        False vehicles of one camera an hour; they stand for one to four seconds.
    confused_frac : float
        Share of vehicles taken for one of another class of length.
    latency_s : float
        From a picture to its reading; in effect rounded up to whole ticks.
    position_sd_m, position_sd_frac : float
        Standard deviation of a position: a constant, and a share of the distance from the stop line.
    speed_sd_mps : float
        Standard deviation of a speed.
    """

    range_m: float = 150.0
    height_m: float = 12.0
    missed_frac: float = 0.10
    dropped_frac: float = 0.05
    ghosts_vph: float = 20.0
    confused_frac: float = 0.05
    latency_s: float = 0.3
    position_sd_m: float = 0.5
    position_sd_frac: float = 0.01
    speed_sd_mps: float = 0.3

    def at_night(self) -> CameraConfig:
        """Return what is left of it at night.

        Headlights that shine on the road make one call in two to ten a false one (Medina, Benekohal and Chitturi,
        "Evaluation of video detection systems, volume 4", Illinois Center for Transportation, 2009).
        """
        return replace(
            self,
            missed_frac=min(1.5 * self.missed_frac, 1.0),
            dropped_frac=min(2.0 * self.dropped_frac, 1.0),
            ghosts_vph=5.0 * self.ghosts_vph,
            confused_frac=min(3.0 * self.confused_frac, 1.0),
        )

    def in_rain(self) -> CameraConfig:
        """Return what is left of it in rain: by day about one call in ten is false (same source)."""
        return replace(
            self,
            range_m=0.8 * self.range_m,
            missed_frac=min(1.5 * self.missed_frac, 1.0),
            dropped_frac=min(2.0 * self.dropped_frac, 1.0),
            ghosts_vph=3.0 * self.ghosts_vph,
        )
