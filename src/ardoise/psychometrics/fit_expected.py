"""What infit would be if the model held: by simulating it on the design at hand.

Mean squares are 1 at true abilities. At EAPs they shrink, the more the fewer items a pupil was
given: with eight of sixty items a sound item may have 0.7. So pupils are drawn from the calibrated
population, answer the items that real pupils were given, are estimated alike, and the items'
infit is what to compare with.
"""

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.fit import item_fit
from ardoise.psychometrics.persons import eap
from ardoise.psychometrics.responses import MISSING, Responses

SIMULATED = 16_384
_SEED = 20_231


def expected_infit(
    responses: Responses, calibration: Calibration, *, threads: int = 1
) -> NDArray[np.float64]:
    """Infit (items,) of the calibrated items under their model, at EAPs, missing answers kept.

    From 16,384 simulated pupils, evenly spaced over the real ones' booklets and groups (each again
    and again where they are fewer), with a fixed seed: the same data give the same bits.
    """
    real = calibration.responses(responses)
    rows = np.arange(SIMULATED, dtype=np.int64) * real.pupils // SIMULATED
    some = real.take(rows)
    generator = np.random.Generator(np.random.PCG64(_SEED))
    numbers = np.zeros(SIMULATED, np.int32) if some.groups is None else some.groups
    theta = calibration.means[numbers] + calibration.sds[numbers] * generator.normal(size=SIMULATED)
    codes = np.empty_like(some.codes)
    for j, item in enumerate(calibration.items):
        above = np.cumsum(item.probabilities(theta), axis=1)[:, :-1]
        codes[:, j] = (generator.random(SIMULATED)[:, None] > above).sum(axis=1)
    codes[some.codes == MISSING] = MISSING
    drawn = Responses(
        items=some.items,
        codes=codes,
        categories=np.array([item.categories for item in calibration.items]),
        weights=some.weights,
        groups=some.groups,
        group_names=some.group_names,
    )
    found = eap(drawn, calibration, threads=threads)
    return item_fit(drawn, calibration.items, found.theta).infit
