"""The verbs: analyze, count, export, evaluate. What the window and the command line both do stands here once."""

from cellwright.workflows.analysis import Analysis, PictureInfo
from cellwright.workflows.analysis_recipe import AnalysisRecipe, read_recipe, recipe_of
from cellwright.workflows.analyze import DEFAULT_MODEL, AnalyzePicture
from cellwright.workflows.areas import AreaRow, AreaTable, add_areas, area_table, finds_areas, finds_outlines
from cellwright.workflows.cascade import PARTS, joined_card, parts_said
from cellwright.workflows.channels import with_channels
from cellwright.workflows.chest import CHEST_CLASSES, chest_ratio, ratio_of
from cellwright.workflows.class_probabilities import ClassProbabilities
from cellwright.workflows.counts import CountRow, CountTable, add_counts, count_table
from cellwright.workflows.dataset_audit import AuditLabels, Doubt, DoubtKind, LabelAudit, doubts_of
from cellwright.workflows.dataset_augment import read_augmentation
from cellwright.workflows.dataset_export import DATASET_FORMATS, DatasetExport, Division, ExportDataset
from cellwright.workflows.dataset_freeze import FreezeDataset, FrozenDataset
from cellwright.workflows.dataset_health import CheckDataset, DatasetHealth
from cellwright.workflows.dataset_import import DatasetImport, ImportDataset, drawn_objects
from cellwright.workflows.dataset_preview import PreviewDataset, PreviewTile, contact_sheet
from cellwright.workflows.dataset_source import is_project, labelled_of_project, read_source
from cellwright.workflows.evaluate import EvaluateModel, Evaluation, PictureScore
from cellwright.workflows.evaluate_classes import ClassEvaluation
from cellwright.workflows.evaluate_outlines import OutlineEvaluation, OutlineScores, PictureOutline
from cellwright.workflows.exporting import ExportAnalyses, export_analyses
from cellwright.workflows.finetune import FineTune, Taught, lesson_of
from cellwright.workflows.formats import (
    OVERLAY_FOLDER,
    PICTURE_FOLDERS,
    ExportFormat,
    Format,
    format_named,
    planned_outputs,
    refuse_existing_outputs,
    refuse_formats_without_outlines,
)
from cellwright.workflows.gate import Difference, GateRules, Verdict, judge
from cellwright.workflows.manifest import MANIFEST, Manifest, read_manifest
from cellwright.workflows.overlays import write_overlay
from cellwright.workflows.pictures import FoundPictures, LeftOut, find_pictures
from cellwright.workflows.pointing import LookAtPlace, PlaceSeen
from cellwright.workflows.predictors import ready_predictor, release_predictors
from cellwright.workflows.project_export import (
    analyses_of_project,
    analysis_of_picture,
    coverage_of_share,
    drawn_by_people,
    parts_of,
)
from cellwright.workflows.rerunning import Rerun, RerunManifest
from cellwright.workflows.scale import Proposal, ScaleAdvice, ScaleFit, propose_models, scale_advice
from cellwright.workflows.signing import sign_manifest
from cellwright.workflows.tables import counts_table, notes, objects_table
from cellwright.workflows.verify import verify_model
from cellwright.workflows.verifying import Verification, VerifyManifest
from cellwright.workflows.worst_cases import Case

__all__ = [
    "CHEST_CLASSES",
    "DATASET_FORMATS",
    "DEFAULT_MODEL",
    "MANIFEST",
    "OVERLAY_FOLDER",
    "PARTS",
    "PICTURE_FOLDERS",
    "Analysis",
    "AnalysisRecipe",
    "AnalyzePicture",
    "AreaRow",
    "AreaTable",
    "AuditLabels",
    "Case",
    "CheckDataset",
    "ClassEvaluation",
    "ClassProbabilities",
    "CountRow",
    "CountTable",
    "DatasetExport",
    "DatasetHealth",
    "DatasetImport",
    "Difference",
    "Division",
    "Doubt",
    "DoubtKind",
    "EvaluateModel",
    "Evaluation",
    "ExportAnalyses",
    "ExportDataset",
    "ExportFormat",
    "FineTune",
    "Format",
    "FoundPictures",
    "FreezeDataset",
    "FrozenDataset",
    "GateRules",
    "ImportDataset",
    "LabelAudit",
    "LeftOut",
    "LookAtPlace",
    "Manifest",
    "OutlineEvaluation",
    "OutlineScores",
    "PictureInfo",
    "PictureOutline",
    "PictureScore",
    "PlaceSeen",
    "PreviewDataset",
    "PreviewTile",
    "Proposal",
    "Rerun",
    "RerunManifest",
    "ScaleAdvice",
    "ScaleFit",
    "Taught",
    "Verdict",
    "Verification",
    "VerifyManifest",
    "add_areas",
    "add_counts",
    "analyses_of_project",
    "analysis_of_picture",
    "area_table",
    "chest_ratio",
    "contact_sheet",
    "count_table",
    "counts_table",
    "coverage_of_share",
    "doubts_of",
    "drawn_by_people",
    "drawn_objects",
    "export_analyses",
    "find_pictures",
    "finds_areas",
    "finds_outlines",
    "format_named",
    "is_project",
    "joined_card",
    "judge",
    "labelled_of_project",
    "lesson_of",
    "notes",
    "objects_table",
    "parts_of",
    "parts_said",
    "planned_outputs",
    "propose_models",
    "ratio_of",
    "read_augmentation",
    "read_manifest",
    "read_recipe",
    "read_source",
    "ready_predictor",
    "recipe_of",
    "refuse_existing_outputs",
    "refuse_formats_without_outlines",
    "release_predictors",
    "scale_advice",
    "sign_manifest",
    "verify_model",
    "with_channels",
    "write_overlay",
]
