"""The demo: two networks learn real handwritten digits, each training step one jitted program.

``texelate demo`` runs it; ``texelate inspect texelate.demo:mlp_step`` shows what a step becomes.
"""

from .models import NETWORKS, Network, cnn_step, mlp_step

__all__ = ["NETWORKS", "Network", "cnn_step", "mlp_step"]
