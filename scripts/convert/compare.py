"""How near the outputs of two networks are."""

import math

import numpy as np

from fault import Fault

# Below this, two outputs are the same whatever they correlate: a score that is 0 in all inputs has only noise in it.
_NOTHING = 1e-5


def compare(reference, results):
    """Figures of each output over all inputs: {name: {correlation, relative, max_abs, mean_abs, peak}}.

    `relative` is the difference's root mean square over the reference's: unlike the correlation it sees a wrong scale and
    a wrong offset. `peak` is the largest absolute value of the reference.
    """
    figures = {}
    for name in reference[0]:
        expected = np.concatenate([outputs[name].ravel() for outputs in reference]).astype(np.float64)
        found = np.concatenate([outputs[name].ravel() for outputs in results]).astype(np.float64)
        if not np.isfinite(found).all():
            raise Fault("mismatch", f"{name} has values that are not finite")
        difference = np.abs(expected - found)
        size = math.sqrt(np.square(expected).mean())
        figures[name] = {
            "correlation": _correlation(expected, found),
            "relative": math.sqrt(np.square(difference).mean()) / size if size > 0 else float(difference.any()),
            "max_abs": float(difference.max()),
            "mean_abs": float(difference.mean()),
            "peak": float(np.abs(expected).max()),
        }
    return figures


def _correlation(expected, found):
    """Pearson's. Of values that never change it is not defined; `relative` then says all there is to say."""
    if expected.std() == 0 or found.std() == 0:
        return float(np.allclose(expected, found, rtol=1e-3, atol=_NOTHING))
    return float(np.corrcoef(expected, found)[0, 1])


def largest_relative(correlation):
    """The relative difference of two signals without an offset that correlate so, and a quarter more."""
    return 1.25 * math.sqrt(2 * (1 - correlation))


def require(figures, least, what):
    """Throws Fault with the figures where an output correlates less than `least`, or differs by as much."""
    low = {
        name: each
        for name, each in figures.items()
        if each["max_abs"] > _NOTHING
        and (each["correlation"] < least or each["relative"] > largest_relative(least))
    }
    if not low:
        return
    said = "; ".join(
        f"{name}: correlation {each['correlation']:.6f}, relative difference {each['relative']:.4g},"
        f" at most {each['max_abs']:.4g} of {each['peak']:.4g}"
        for name, each in low.items()
    )
    raise Fault("mismatch", f"{what}: expected a correlation of at least {least}, found {said}")
