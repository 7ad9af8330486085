"""The verbs: analyze, count, export, evaluate. What the window and the command line both do stands here once."""

from cellwright.workflows.analysis import Analysis, PictureInfo
from cellwright.workflows.analyze import DEFAULT_MODEL, AnalyzePicture
from cellwright.workflows.areas import AreaRow, AreaTable, add_areas, area_table, finds_areas, finds_outlines
from cellwright.workflows.channels import with_channels
from cellwright.workflows.chest import CHEST_CLASSES, chest_ratio, ratio_of
from cellwright.workflows.counts import CountRow, CountTable, add_counts, count_table
from cellwright.workflows.dataset_audit import AuditLabels, Doubt, DoubtKind, LabelAudit, doubts_of
from cellwright.workflows.dataset_import import DatasetImport, ImportDataset, drawn_objects
from cellwright.workflows.evaluate import EvaluateModel, Evaluation, PictureScore
from cellwright.workflows.evaluate_outlines import OutlineEvaluation, OutlineScores, PictureOutline
from cellwright.workflows.exporting import ExportAnalyses, export_analyses, write_overlay
from cellwright.workflows.formats import (
    OVERLAY_FOLDER,
    PICTURE_FOLDERS,
    ExportFormat,
    planned_outputs,
    refuse_existing_outputs,
    refuse_formats_without_outlines,
)
from cellwright.workflows.pictures import FoundPictures, LeftOut, find_pictures
from cellwright.workflows.predictors import ready_predictor, release_predictors
from cellwright.workflows.scale import Proposal, ScaleAdvice, ScaleFit, propose_models, scale_advice
from cellwright.workflows.tables import counts_table, notes, objects_table
from cellwright.workflows.verify import verify_model

__all__ = [
    "CHEST_CLASSES",
    "DEFAULT_MODEL",
    "OVERLAY_FOLDER",
    "PICTURE_FOLDERS",
    "Analysis",
    "AnalyzePicture",
    "AreaRow",
    "AreaTable",
    "AuditLabels",
    "CountRow",
    "CountTable",
    "DatasetImport",
    "Doubt",
    "DoubtKind",
    "EvaluateModel",
    "Evaluation",
    "ExportAnalyses",
    "ExportFormat",
    "FoundPictures",
    "ImportDataset",
    "LabelAudit",
    "LeftOut",
    "OutlineEvaluation",
    "OutlineScores",
    "PictureInfo",
    "PictureOutline",
    "PictureScore",
    "Proposal",
    "ScaleAdvice",
    "ScaleFit",
    "add_areas",
    "add_counts",
    "area_table",
    "chest_ratio",
    "count_table",
    "counts_table",
    "doubts_of",
    "drawn_objects",
    "export_analyses",
    "find_pictures",
    "finds_areas",
    "finds_outlines",
    "notes",
    "objects_table",
    "planned_outputs",
    "propose_models",
    "ratio_of",
    "ready_predictor",
    "refuse_existing_outputs",
    "refuse_formats_without_outlines",
    "release_predictors",
    "scale_advice",
    "verify_model",
    "with_channels",
    "write_overlay",
]
