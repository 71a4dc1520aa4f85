"""Images: resizing, cropping, warping, colours, and boxes in them.

Images are channels last: ``[H, W, C]``, or ``[N, H, W, C]`` for several.

>>> import texelate as tx
>>> tx.image.resize(tx.numpy.ones((1, 4, 4, 3)), (8, 6)).shape
(1, 8, 6, 3)
"""

from .boxes import *  # noqa: F403
from .colours import *  # noqa: F403
from .resizing import *  # noqa: F403
from .thresholding import *  # noqa: F403
from .warping import *  # noqa: F403
