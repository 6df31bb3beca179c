"""The stages of a run, a module each: what it does, and the object by which every other floor knows it.

A new stage is a module here and its place in `STAGES`, which are in the order of a run.
"""

from __future__ import annotations

from workers.pipeline.stages.build import BUILD
from workers.pipeline.stages.compare import COMPARE
from workers.pipeline.stages.derive import DERIVE
from workers.pipeline.stages.embed import EMBED
from workers.pipeline.stages.ingest import INGEST
from workers.pipeline.stages.project import PROJECT
from workers.pipeline.stages.tag import TAG

__all__ = ["STAGES"]

STAGES = (INGEST, DERIVE, EMBED, BUILD, TAG, COMPARE, PROJECT)
