"""The simplest classifier there is, to find out whether edited pictures can be told by a trace.

Numbers of the noise, of its neighbours, of the levels and of the 8 × 8 blocks, and logistic regression
over them, tried on pictures that it has not seen. Both copies of a picture are always on one side.
"""

import cv2
import numpy as np

FOLDS = 5
LEVELS = np.arange(-4, 5)


def features(rgb, where):
    """What of a picture's pixels a careless editor changes, looked at in one part of it."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.int16)
    residual = cv2.filter2D(grey, cv2.CV_16S, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]))
    soft = grey - cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    colour = cv2.Laplacian(rgb[..., 0].astype(np.int16) - rgb[..., 1], cv2.CV_16S)
    here = residual[where].astype(float)
    spread = here.std() + 1e-6
    found = [np.log(spread), np.log(soft[where].std() + 1e-6), np.log(colour[where].std() + 1e-6)]
    found += [np.abs(here).mean() / spread, (here**4).mean() / spread**4]
    found += list(np.mean(np.clip(np.round(2 * here / spread), -4, 4)[:, None] == LEVELS, axis=0))
    found += [_along(residual, where, axis) / spread**2 for axis in (0, 1)]
    found += [(residual[where] == 0).mean(), (colour[where] == 0).mean()]
    return np.array(found + _blocks(grey, where) + _levels(rgb, where))


def _along(residual, where, axis):
    """How each pixel's noise goes with its neighbour's."""
    one, two = (np.take(residual, span, axis) for span in _next(residual, axis))
    both = np.logical_and(*(np.take(where, span, axis) for span in _next(where, axis)))
    return float((one.astype(float) * two)[both].mean())


def _next(array, axis):
    count = array.shape[axis]
    return np.arange(count - 1), np.arange(1, count)


def _blocks(grey, where):
    """How much larger steps are across the borders of JPEG's blocks."""
    steps, inside = np.abs(np.diff(grey, axis=1)), where[:, 1:] & where[:, :-1]
    border = np.zeros(steps.shape, bool)
    border[:, 7::8] = True
    return [float(steps[inside & border].mean() - steps[inside & ~border].mean())]


def _levels(rgb, where):
    """Whether some levels are missing, or odd ones rarer than even ones, as after a change of contrast."""
    counts = np.bincount(rgb[where].ravel(), minlength=256).astype(float)
    odd = counts[1::2].sum() / max(1.0, counts.sum())
    rough = np.abs(np.diff(counts, 2)).sum() / max(1.0, counts.sum())
    return [odd, rough]


def told_apart(before, after):
    """How well copies are told from originals: the area under the curve, and the share of pairs put right."""
    x = np.concatenate([before, after])
    y = np.repeat([0.0, 1.0], len(before))
    picture = np.tile(np.arange(len(before)), 2)
    scores = np.zeros(len(x))
    for fold in range(FOLDS):
        test = picture % FOLDS == fold
        scores[test] = _fitted(x[~test], y[~test], x[test])
    one, two = scores[: len(before)], scores[len(before) :]
    order = np.sign(two[:, None] - one[None])
    return float((1 + order.mean()) / 2), float((1 + np.sign(two - one).mean()) / 2)


def _fitted(x, y, unseen):
    """Logistic regression by Newton's steps, with a little weight on small coefficients."""
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    x, unseen = (np.column_stack([(one - middle) / spread, np.ones(len(one))]) for one in (x, unseen))
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (chance - y) + 0.3 * weights
        curve = (x.T * (chance * (1 - chance))) @ x + 0.3 * np.eye(len(weights))
        weights = weights - np.linalg.solve(curve, slope)
    return np.round(unseen @ weights, 9)


def beyond_chance(pictures):
    """What a classifier that knows nothing stays below 199 times in 200, for each of the two measures."""
    area = np.sqrt((2 * pictures + 1) / (12 * pictures**2))
    return 0.5 + 2.6 * area, 0.5 + 2.6 * 0.5 / np.sqrt(pictures)
