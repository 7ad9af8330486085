"""Small slides of formats that nobody publishes small ones of, written byte by byte or with other libraries."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage, generate_uid

from tests.imaging.samples import scene

RGB_OMERO = [
    {"label": name, "color": colour, "window": {"start": 0, "end": 255, "min": 0, "max": 255}}
    for name, colour in (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"))
]


def tczyx(height: int = 150, width: int = 210, dtype: type = np.uint8) -> NDArray[Any]:
    """Two time points, three channels, two planes."""
    planes = [np.moveaxis(scene(height, width, 3, dtype), -1, 0) for _ in range(4)]
    stack = np.stack([plane + np.asarray(7 * i, dtype) for i, plane in enumerate(planes)])
    return stack.reshape(2, 2, 3, height, width).transpose(0, 2, 1, 3, 4)


def halved(pixels: NDArray[Any], times: int) -> NDArray[Any]:
    """Every second row and column, again and again."""
    return pixels[..., :: 2**times, :: 2**times]


def multiscale(paths: Sequence[str] = ("0", "1", "2"), **changes: Any) -> dict[str, Any]:
    """Describe a pyramid of 0.25 µm/px and planes 2 µm apart."""
    axes = [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    datasets = [
        {"path": path, "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 2, 0.25 * 2**i, 0.25 * 2**i]}]}
        for i, path in enumerate(paths)
    ]
    return {"name": "drawn", "axes": axes, "datasets": datasets, **changes}


def write_ome_zarr(
    path: Path, pixels: NDArray[Any], version: int, *, omero: Any = None, description: dict[str, Any] | None = None
) -> Path:
    """Write (t, c, z, y, x) pixels as OME-Zarr 0.4 (`version` 2 of Zarr) or 0.5 (3)."""
    described: dict[str, Any] = {"multiscales": [{"version": "0.4", **(description or multiscale())}]}
    if omero is not None:
        described["omero"] = {"channels": omero}
    attributes = described if version == 2 else {"ome": {"version": "0.5", **described}}
    group = zarr.open_group(path, mode="w", zarr_format=version, attributes=attributes)  # type: ignore[arg-type]
    name: Any = "v2" if version == 2 else "default"
    for level in range(3):
        part = halved(pixels, level)
        array = group.create_array(
            str(level),
            shape=part.shape,
            dtype=part.dtype,
            chunks=(1, 1, 1, 64, 64),
            chunk_key_encoding={"name": name, "separator": "/"},
        )
        array[...] = part
    return path


def zipped(folder: Path, inside: str = "") -> Path:
    """Put a folder into a zip file, at its top or in a folder inside."""
    path = folder.with_name(folder.name + ".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, inside + file.relative_to(folder).as_posix())
    return path


def write_svs(path: Path, whole: NDArray[np.uint8], *, mpp: float = 0.5, app_mag: float = 20, levels: int = 3) -> Path:
    """Write a pyramid as Aperio's scanners do: thumbnail second, label and macro last."""
    about = f"Aperio Image Library v11.2.1 \r\n{whole.shape[1]}x{whole.shape[0]} (240x240) JPEG/RGB Q=70"
    described = f"{about}|AppMag = {app_mag:g}|MPP = {mpp:.4f}"
    tiles: dict[str, Any] = {"photometric": "rgb", "tile": (240, 240), "compression": "jpeg", "metadata": None}
    strips: dict[str, Any] = {"photometric": "rgb", "rowsperstrip": 16, "compression": "jpeg", "metadata": None}
    with tifffile.TiffWriter(path) as file:
        file.write(whole, description=described, **tiles)
        file.write(whole[::8, ::8], description=about, **strips)
        for level in range(1, levels):
            small = whole[:: 4**level, :: 4**level]
            size = f"{small.shape[1]}x{small.shape[0]}"
            file.write(small, description=f"Aperio Image Library\r\n{about.split()[4]} -> {size}", **tiles)
        file.write(scene(60, 50), description="Aperio Image Library\r\nlabel 50x60", subfiletype=1, **strips)
        file.write(scene(64, 160), description="Aperio Image Library\r\nmacro 160x64", subfiletype=9, **strips)
    return path


def write_vms(folder: Path, whole: NDArray[np.uint8]) -> Path:
    """Write a Hamamatsu VMS slide, its width a multiple of 256: an ini file, a JPEG with restart markers, a macro."""
    Image.fromarray(whole).save(folder / "slide.jpg", quality=90, restart_marker_blocks=8, subsampling=0)
    Image.fromarray(whole[::8, ::8]).save(folder / "map.jpg", quality=90, restart_marker_blocks=4, subsampling=0)
    Image.fromarray(scene(40, 90)).save(folder / "macro.jpg", quality=90)
    nanometres = {"PhysicalWidth": whole.shape[1] * 250, "PhysicalHeight": whole.shape[0] * 250}
    lines = {
        "NoLayers": 1,
        "NoJpegColumns": 1,
        "NoJpegRows": 1,
        "ImageFile": "slide.jpg",
        "MapFile": "map.jpg",
        "MacroImage": "macro.jpg",
        "SourceLens": 40,
        **nanometres,
    }
    path = folder / "slide.vms"
    text = "[Virtual Microscope Specimen]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())
    path.write_text(text, encoding="ascii")
    return path


def write_philips(path: Path, whole: NDArray[np.uint8]) -> Path:
    """Write a Philips TIFF: padded levels, of which the XML of the first page tells the spacing."""
    spacing = "".join(
        f'<DataObject ObjectType="PixelDataRepresentation"><Attribute Name="DICOM_PIXEL_SPACING" Group="0x0028" '
        f'Element="0x0030" PMSVR="IDoubleArray">&quot;{0.00025 * 2**i}&quot; &quot;{0.00025 * 2**i}&quot;</Attribute>'
        f'<Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_NUMBER" Group="0x301D" Element="0x1001" PMSVR="IUInt16">{i}'
        f"</Attribute></DataObject>"
        for i in range(2)
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8" ?><DataObject ObjectType="DPUfsImport">'
        '<Attribute Name="DICOM_MANUFACTURER" Group="0x0008" Element="0x0070" PMSVR="IString">PHILIPS</Attribute>'
        '<Attribute Name="DICOM_PIXEL_SPACING" Group="0x0028" Element="0x0030" PMSVR="IDoubleArray">'
        "&quot;0.00025&quot; &quot;0.00025&quot;</Attribute>"
        '<Attribute Name="PIM_DP_SCANNED_IMAGES" Group="0x301D" Element="0x1003" PMSVR="IDataObjectArray"><Array>'
        '<DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE" Group="0x301D" Element="0x1004" '
        'PMSVR="IString">WSI</Attribute><Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE" Group="0x1001" '
        f'Element="0x8B01" PMSVR="IDataObjectArray"><Array>{spacing}</Array></Attribute></DataObject></Array>'
        "</Attribute></DataObject>"
    )
    tiles: dict[str, Any] = {"photometric": "ycbcr", "tile": (512, 512), "compression": "jpeg", "metadata": None}
    with tifffile.TiffWriter(path) as file:
        file.write(whole, description=xml, software="Philips DP v1.0", **tiles)
        file.write(whole[::2, ::2], description="level=1", software="Philips DP v1.0", subfiletype=1, **tiles)
    return path


def write_scn(path: Path, whole: NDArray[np.uint8], corner: tuple[int, int] = (100, 60)) -> Path:
    """Write a Leica SCN: a macro of the glass, and a scanned area of two levels whose corner lies at y, x on it."""
    levels, nm = [whole, whole[::4, ::4]], 250
    glass = (whole.shape[1] + 2 * corner[1]) * nm, (whole.shape[0] + 2 * corner[0]) * nm
    macro = scene(120, 80)
    scanned = whole.shape[1] * nm, whole.shape[0] * nm
    xml = (
        '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01" uuid="x">'
        f'<collection name="c" uuid="y" sizeX="{glass[0]}" sizeY="{glass[1]}">'
        + _scn_image([macro], 0, glass, (0, 0), 0.6)
        + _scn_image(levels, 1, scanned, (corner[1] * nm, corner[0] * nm), 20)
        + "</collection></scn>"
    )
    tiles: dict[str, Any] = {"photometric": "ycbcr", "tile": (256, 256), "compression": "jpeg", "metadata": None}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(macro, description=xml, **tiles)
        for level in levels:
            file.write(level, resolution=(1e7 / nm, 1e7 / nm), resolutionunit="CENTIMETER", **tiles)
    return path


def _scn_image(
    levels: Sequence[NDArray[np.uint8]], first: int, size: tuple[int, int], offset: tuple[int, int], objective: float
) -> str:
    places = "".join(
        f'<dimension sizeX="{level.shape[1]}" sizeY="{level.shape[0]}" r="{i}" ifd="{first + i}"/>'
        for i, level in enumerate(levels)
    )
    return (
        f'<image name="i{first}" uuid="u{first}"><creationDate>2020-01-01T00:00:00Z</creationDate>'
        f'<device model="SCN" version="1"/><pixels sizeX="{levels[0].shape[1]}" sizeY="{levels[0].shape[0]}">{places}'
        f'</pixels><view sizeX="{size[0]}" sizeY="{size[1]}" offsetX="{offset[0]}" offsetY="{offset[1]}" spacingZ="0"/>'
        f"<scanSettings><objectiveSettings><objective>{objective}</objective></objectiveSettings><illuminationSettings>"
        "<numericalAperture>0.4</numericalAperture><illuminationSource>brightfield</illuminationSource>"
        "</illuminationSettings></scanSettings></image>"
    )


def write_dicom_slide(folder: Path, whole: NDArray[np.uint8], tile: int = 128) -> Path:
    """Write a DICOM slide of three resolutions, a file each, 0.5 µm/px and 20×; return the finest."""
    uids = {name: generate_uid(entropy_srcs=[name]) for name in ("study", "series", "frame", "0", "1", "2")}
    for level in range(3):
        pixels = whole[:: 2**level, :: 2**level]
        header = _dicom_level(pixels, level, tile)
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = uids[str(level)]
        header.StudyInstanceUID, header.SeriesInstanceUID = uids["study"], uids["series"]
        header.FrameOfReferenceUID = uids["frame"]
        header.ImagedVolumeWidth, header.ImagedVolumeHeight = whole.shape[1] * 5e-4, whole.shape[0] * 5e-4
        header.save_as(folder / f"level{level}.dcm", enforce_file_format=True)
    return folder / "level0.dcm"


def _dicom_level(pixels: NDArray[np.uint8], level: int, tile: int) -> Dataset:
    height, width = pixels.shape[:2]
    down, across = -(-height // tile), -(-width // tile)
    padded = np.full((down * tile, across * tile, 3), 255, np.uint8)
    padded[:height, :width] = pixels
    cuts = [padded[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile] for y in range(down) for x in range(across)]
    frames = [bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(cut), level=90)) for cut in cuts]
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = VLWholeSlideMicroscopyImageStorage
    kind = ("DERIVED", "RESAMPLED") if level else ("ORIGINAL", "NONE")
    header.ImageType = [kind[0], "PRIMARY", "VOLUME", kind[1]]
    header.Modality, header.PhotometricInterpretation = "SM", "YBR_FULL_422"
    header.Rows = header.Columns = tile
    header.SamplesPerPixel, header.PlanarConfiguration, header.PixelRepresentation = 3, 0, 0
    header.BitsAllocated, header.BitsStored, header.HighBit = 8, 8, 7
    header.NumberOfFrames, header.TotalPixelMatrixRows, header.TotalPixelMatrixColumns = len(frames), height, width
    header.TotalPixelMatrixFocalPlanes = header.NumberOfOpticalPaths = 1
    header.DimensionOrganizationType, header.LossyImageCompression = "TILED_FULL", "01"
    measures, groups, light = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [5e-4 * 2**level] * 2, 1e-3
    groups.PixelMeasuresSequence = Items([measures])
    light.OpticalPathIdentifier, light.ObjectiveLensPower = "0", 20.0
    header.SharedFunctionalGroupsSequence = Items([groups])
    header.OpticalPathSequence, header.ImagedVolumeDepth = Items([light]), 1e-3
    header.PixelData = encapsulate(frames)
    header["PixelData"].is_undefined_length = True
    return header


# CZI: segments of 32 bytes of head and some content, as Zeiss describes them; enough to hold what ZEN writes.

_DV = struct.Struct("<2siqiiBB4xi")
_PIXEL_TYPES = {("uint8", 1): 0, ("uint16", 1): 1, ("uint8", 3): 3}


def czi_piece(pixels: NDArray[Any], start: dict[str, int], covers: tuple[int, int] | None = None) -> dict[str, Any]:
    """Describe one piece of a CZI file: (Y, X[, 3]) pixels, where they lie, how many rows and columns they cover."""
    return {"pixels": pixels, "start": start, "covers": covers or pixels.shape[:2]}


def write_czi(
    path: Path, pieces: Sequence[dict[str, Any]], *, xml: str = "", packed: int = 0, label: bool = False
) -> Path:
    """Write pieces as a CZI file, uncompressed (0), as Zstandard (5) or as Zstandard with split bytes (6)."""
    data = bytearray(_segment(b"ZISRAWFILE", bytes(512)))
    entries = []
    for piece in pieces:
        entry = _entry(piece, len(data), packed)
        entries.append(entry)
        content = _packed(piece["pixels"], packed)
        head = struct.pack("<iiq", 0, 0, len(content)) + entry
        data += _segment(b"ZISRAWSUBBLOCK", head.ljust(256, b"\0") + content)
    directory = len(data)
    data += _segment(b"ZISRAWDIRECTORY", struct.pack("<i", len(entries)).ljust(128, b"\0") + b"".join(entries))
    metadata = len(data)
    data += _segment(b"ZISRAWMETADATA", struct.pack("<ii", len(xml.encode()), 0).ljust(256, b"\0") + xml.encode())
    attachments = _attach_label(data) if label else 0
    struct.pack_into("<ii", data, 32, 1, 0)
    struct.pack_into("<qq", data, 32 + 52, directory, metadata)
    struct.pack_into("<q", data, 32 + 72, attachments)
    path.write_bytes(bytes(data))
    return path


def _segment(name: bytes, content: bytes) -> bytes:
    content = content + bytes(-len(content) % 32)
    return name.ljust(16, b"\0") + struct.pack("<qq", len(content), len(content)) + content


def _entry(piece: dict[str, Any], position: int, packed: int) -> bytes:
    pixels = piece["pixels"]
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    kind = _PIXEL_TYPES[pixels.dtype.name, samples]
    stored = {"Y": pixels.shape[0], "X": pixels.shape[1]}
    covered = {"Y": piece["covers"][0], "X": piece["covers"][1]}
    dimensions = b"".join(
        struct.pack("<4siifi", axis.encode(), first, covered.get(axis, 1), 0.0, stored.get(axis, 1))
        for axis, first in piece["start"].items()
    )
    is_coarse = int(piece["covers"] != pixels.shape[:2])
    return _DV.pack(b"DV", kind, position, 0, packed, is_coarse, 0, len(piece["start"])) + dimensions


def _packed(pixels: NDArray[Any], how: int) -> bytes:
    turned = pixels[:, :, ::-1] if pixels.ndim == 3 else pixels
    plain = np.ascontiguousarray(turned).tobytes()
    if how == 0:
        return plain
    if how == 5:
        return bytes(imagecodecs.zstd_encode(plain))
    if pixels.dtype.itemsize == 1:
        return b"\x01" + bytes(imagecodecs.zstd_encode(plain))
    halves = np.frombuffer(plain, np.uint8).reshape(-1, 2).T
    return b"\x03\x01\x01" + bytes(imagecodecs.zstd_encode(np.ascontiguousarray(halves).tobytes()))


def _attach_label(data: bytearray) -> int:
    buffer = BytesIO()
    Image.fromarray(scene(40, 60)).save(buffer, "PNG")
    content = buffer.getvalue()

    def entry(position: int) -> bytes:
        head = b"A1" + bytes(10) + struct.pack("<qi", position, 0) + bytes(16)
        return (head + b"PNG".ljust(8, b"\0") + b"Label".ljust(80, b"\0")).ljust(128, b"\0")

    position = len(data)
    head = (struct.pack("<i", len(content)).ljust(16, b"\0") + entry(position)).ljust(256, b"\0")
    data += _segment(b"ZISRAWATTACH", head + content)
    listed = len(data)
    data += _segment(b"ZISRAWATTDIR", struct.pack("<i", 1).ljust(256, b"\0") + entry(position))
    return listed


CZI_XML = """<?xml version="1.0"?><ImageDocument><Metadata>
<Information><Image><Dimensions><Channels><Channel Id="Channel:0" Name="DAPI"><Color>#FF0000FF</Color></Channel>
</Channels><S><Scenes><Scene Index="0" Name="upper"/><Scene Index="1" Name="lower"/></Scenes></S></Dimensions></Image>
<Instrument><Objectives><Objective><NominalMagnification>{magnification}</NominalMagnification></Objective></Objectives>
</Instrument></Information>
<Scaling><Items><Distance Id="X"><Value>{metres}</Value></Distance><Distance Id="Y"><Value>{metres}</Value></Distance>
</Items></Scaling></Metadata></ImageDocument>"""


def czi_xml(magnification: float = 20, metres: float = 5e-7) -> str:
    """Describe two scenes and a channel."""
    return CZI_XML.format(magnification=magnification, metres=metres)


def write_czi_mosaic(path: Path, *, packed: int = 0, dtype: type = np.uint16, label: bool = True) -> NDArray[Any]:
    """Write two scenes, the first of four overlapping pieces and a coarser level; return the first scene."""
    colour = 3 if dtype is np.uint8 else 1
    whole = scene(300, 410, colour, dtype)
    whole = whole if colour == 3 else whole[:, :, 0]
    corners = [(0, 0), (0, 190), (140, 0), (140, 190)]
    pieces = [
        czi_piece(whole[y : y + 160, x : x + 220], {"X": x - 50, "Y": y + 1000, "C": 0, "S": 0, "M": i})
        for i, (y, x) in enumerate(corners)
    ]
    small = whole[::2, ::2]
    pieces.append(czi_piece(small, {"X": -50, "Y": 1000, "C": 0, "S": 0}, covers=(300, 410)))
    pieces.append(czi_piece(whole[:90, :70], {"X": 5000, "Y": 0, "C": 0, "S": 1, "M": 0}))
    write_czi(path, pieces, xml=czi_xml(), packed=packed, label=label)
    return whole
