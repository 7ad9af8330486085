"""The verbs: analyze, count, export, evaluate. What the window and the command line both do stands here once."""

from cellwright.workflows.analysis import Analysis, PictureInfo
from cellwright.workflows.analyze import DEFAULT_MODEL, AnalyzePicture
from cellwright.workflows.counts import CountRow, CountTable, add_counts, count_table
from cellwright.workflows.evaluate import EvaluateModel, Evaluation, PictureScore
from cellwright.workflows.exporting import (
    OVERLAY_FOLDER,
    ExportAnalyses,
    ExportFormat,
    export_analyses,
    planned_outputs,
    refuse_existing_outputs,
    write_overlay,
)
from cellwright.workflows.pictures import FoundPictures, LeftOut, find_pictures
from cellwright.workflows.predictors import ready_predictor, release_predictors
from cellwright.workflows.tables import counts_table, notes, objects_table
from cellwright.workflows.verify import verify_model

__all__ = [
    "DEFAULT_MODEL",
    "OVERLAY_FOLDER",
    "Analysis",
    "AnalyzePicture",
    "CountRow",
    "CountTable",
    "EvaluateModel",
    "Evaluation",
    "ExportAnalyses",
    "ExportFormat",
    "FoundPictures",
    "LeftOut",
    "PictureInfo",
    "PictureScore",
    "add_counts",
    "count_table",
    "counts_table",
    "export_analyses",
    "find_pictures",
    "notes",
    "objects_table",
    "planned_outputs",
    "ready_predictor",
    "refuse_existing_outputs",
    "release_predictors",
    "verify_model",
    "write_overlay",
]
