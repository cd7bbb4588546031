"""Times the references' own decoders on the golden tensors, one JSON line a figure.

    python3 -m venv VENV && VENV/bin/pip install --no-deps -r scripts/targets/decoder-references.txt
    EDGE_POSE_SHARED=FOLDER VENV/bin/python scripts/targets/decoder_references.py

The decoders are the packages' own code, unchanged. What decoding never calls is stood in for, so that neither PyTorch
nor mmcv nor OpenVINO is needed: `shell` lets a package's modules be imported without its __init__.
"""

import importlib
import json
import os
import statistics
import sys
import time
import types
import zlib
from importlib.metadata import version
from pathlib import Path
from unittest.mock import MagicMock

import cv2
import numpy as np

PEOPLE = (1, 5, 20)
TOP_DOWN_CASES = 15


def shell(name):
    """Makes a package importable without running its __init__."""
    package = types.ModuleType(name)
    parent, _, child = name.rpartition(".")
    roots = sys.modules[parent].__path__ if parent else sys.path
    package.__path__ = [str(Path(root) / child) for root in roots if (Path(root) / child).is_dir()]
    sys.modules[name] = package


def stand_in(name, **attributes):
    module = MagicMock(name=name)
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[name] = module


def load_mmpose():
    for name in ("torch", "torch.nn", "torch.nn.functional"):
        stand_in(name)
    codecs = types.SimpleNamespace(register_module=lambda: lambda codec: codec)
    shell("mmpose")
    shell("mmpose.codecs")
    stand_in("mmpose.registry", KEYPOINT_CODECS=codecs)
    stand_in("mmengine.utils")
    module = importlib.import_module
    return types.SimpleNamespace(
        MSRAHeatmap=module("mmpose.codecs.msra_heatmap").MSRAHeatmap,
        UDPHeatmap=module("mmpose.codecs.udp_heatmap").UDPHeatmap,
        SimCCLabel=module("mmpose.codecs.simcc_label").SimCCLabel,
    )


def load_rtmpose():
    shell("rtmlib")
    shell("rtmlib.tools")
    shell("rtmlib.tools.pose_estimation")
    return importlib.import_module("rtmlib.tools.pose_estimation.rtmpose").RTMPose


def load_model_api():
    for name in ("openvino", "openvino.runtime", "openvino.runtime.opset8"):
        stand_in(name)
    shell("model_api")
    shell("model_api.models")
    stand_in("model_api.adapters")
    stand_in("model_api.adapters.utils")
    stand_in("model_api.models.image_model", ImageModel=object)
    stand_in("model_api.models.types")
    return types.SimpleNamespace(
        OpenPose=importlib.import_module("model_api.models.open_pose"),
        AssociativeEmbedding=importlib.import_module("model_api.models.hpe_associative_embedding"),
    )


def median_microseconds(prepare, decode):
    """CPU time of one thread. `prepare` makes fresh arguments for every call, outside of the time, because some decoders
    write into them."""
    for _ in range(3):
        decode(*prepare())
    times = []
    begin = time.perf_counter()
    while len(times) < 15 or (time.perf_counter() - begin < 3 and len(times) < 1000):
        arguments = prepare()
        start = time.thread_time_ns()
        decode(*arguments)
        times.append((time.thread_time_ns() - start) / 1000)
    return round(statistics.median(times), 1)


def report(decoder, reference, package, people, microseconds, note):
    figure = {
        "decoder": decoder,
        "reference": reference,
        "version": f"{package} {version(package)}",
        "people": people,
        "microseconds": microseconds,
        "note": note,
    }
    print(json.dumps(figure), flush=True)


def time_heatmaps(golden, mmpose):
    folder = golden / "topdown_heatmap"
    cases = [np.load(folder / f"{case:02}.heatmaps.npy")[0] for case in range(TOP_DOWN_CASES)]
    size = {"input_size": (192, 256), "heatmap_size": (48, 64), "sigma": 2}
    codecs = {
        "quarter": mmpose.MSRAHeatmap(**size),
        "dark": mmpose.MSRAHeatmap(unbiased=True, blur_kernel_size=11, **size),
        "dark_udp": mmpose.UDPHeatmap(blur_kernel_size=11, **size),
    }
    # A channel without any positive cell makes UDP's Hessian singular or NaN; NumPy warns.
    np.seterr(all="ignore")
    for name, codec in codecs.items():
        expected = {"quarter": "msra_quarter", "dark": "msra_dark", "dark_udp": "udp_dark"}[name]
        check(folder, f"mmpose_{expected}", lambda case: codec.decode(cases[case])[0][0])
        for people in PEOPLE:
            crops = [cases[person % TOP_DOWN_CASES] for person in range(people)]
            microseconds = median_microseconds(
                lambda: (), lambda: [codec.decode(heatmaps) for heatmaps in crops]
            )
            reference = f"mmpose {type(codec).__name__}.decode"
            report(name, reference, "mmpose", people, microseconds, "17x64x48 a person; to network-input pixels")


def time_simcc(golden, mmpose, RTMPose):
    folder = golden / "simcc"
    cases = [
        [np.load(folder / f"{case:02}.simcc_{axis}.npy") for axis in "xy"] for case in range(TOP_DOWN_CASES)
    ]
    codec = mmpose.SimCCLabel(input_size=(192, 256), sigma=(4.9, 5.66), simcc_split_ratio=2.0, use_dark=False)
    check(folder, "mmpose", lambda case: codec.decode(*copies(cases[case]))[0][0])
    rtmpose = RTMPose.__new__(RTMPose)  # no network is opened
    rtmpose.model_input_size = (192, 256)
    boxes = []
    for case in range(TOP_DOWN_CASES):
        box = json.loads((folder / f"{case:02}.json").read_text())["rtmlib"]
        boxes.append((np.array(box["center"]), np.array(box["scale"])))
    for people in PEOPLE:
        crops = [person % TOP_DOWN_CASES for person in range(people)]
        microseconds = median_microseconds(
            lambda: ([copies(cases[case]) for case in crops],),
            lambda axes: [codec.decode(*both) for both in axes],
        )
        note = "17x384 and 17x512 a person"
        report("simcc min", "mmpose SimCCLabel.decode", "mmpose", people, microseconds, note)
        microseconds = median_microseconds(
            lambda: ([copies(cases[case]) for case in crops],),
            lambda axes: [rtmpose.postprocess(both, *boxes[case]) for both, case in zip(axes, crops)],
        )
        note += "; to image pixels"
        report("simcc mean", "rtmlib RTMPose.postprocess", "rtmlib", people, microseconds, note)


def copies(arrays):
    return [array.copy() for array in arrays]


def check(folder, key, decode):
    """The reference must give what the golden data says, else its time means nothing."""
    for case in range(TOP_DOWN_CASES):
        golden = json.loads((folder / f"{case:02}.json").read_text())
        expected = np.array(golden[key]["keypoints_input"], dtype=np.float64)
        present = np.array(golden.get("scores", golden[key].get("scores"))) > 0
        found = np.asarray(decode(case), dtype=np.float64)
        if not np.allclose(found[present], expected[present], atol=1e-3):
            raise SystemExit(f"{folder.name} {case:02}: {key} differs from the golden data")


def time_openpose(golden, model_api):
    decoder = model_api.OpenPose.OpenPoseDecoder(18, score_threshold=0.1)
    for name in ("COCO_val2014_000000000428", "COCO_val2014_000000000328", "mm_coco_000000197388"):
        stem = golden / "openpose" / name
        heatmaps, pafs = np.load(f"{stem}.heatmaps.npy"), np.load(f"{stem}.pafs.npy")
        pooled = maximum_of_neighbours(heatmaps, 3)
        nms = model_api.OpenPose.OpenPose.heatmap_nms

        def decode(heatmaps, pafs):
            return decoder(heatmaps, nms(heatmaps, pooled), pafs)

        poses = len(decode(heatmaps.copy(), pafs.copy())[0])
        golden_poses = len(json.loads(Path(f"{stem}.json").read_text())["poses"])
        microseconds = median_microseconds(lambda: (heatmaps.copy(), pafs.copy()), decode)
        note = f"{name}: finds {poses}; no enlargement; the 3x3 maximum is the network's and not in the time"
        reference = "Open Model Zoo OpenPoseDecoder (Python)"
        report("openpose", reference, "openvino-model-api", golden_poses, microseconds, note)


def maximum_of_neighbours(maps, size):
    kernel = np.ones((size, size), np.uint8)
    return np.stack([cv2.dilate(channel, kernel) for channel in maps[0]])[None]


def time_associative_embedding(golden, model_api):
    folder = golden / "associative_embedding"
    for case in (0, 4, 5):
        golden_case = json.loads((folder / f"{case:02}.json").read_text())
        heatmaps, embeddings = rebuild(folder, case, golden_case)
        pooled = maximum_of_neighbours(heatmaps, 5)
        nms_heatmaps = np.where(heatmaps == pooled, heatmaps, np.float32(0))
        for name, tensor in (("heatmaps", heatmaps), ("nms_heatmaps", nms_heatmaps), ("embeddings", embeddings)):
            if zlib.crc32(tensor.tobytes()) != golden_case["crc32"][name]:
                raise SystemExit(f"associative_embedding {case:02}: {name} was not rebuilt as it was")
        decoder = model_api.AssociativeEmbedding.AssociativeEmbeddingDecoder(
            num_joints=17,
            max_num_people=30,
            detection_threshold=0.1,
            use_detection_val=True,
            ignore_too_much=False,
            tag_threshold=1,
            pose_threshold=0.1,
            delta=golden_case["delta"],
        )
        microseconds = median_microseconds(
            lambda: (heatmaps.copy(), embeddings.copy(), nms_heatmaps.copy()),
            lambda heat, tags, nms: decoder(heat, tags, nms_heatmaps=nms),
        )
        note = f"case {case:02}, 17x144x144; the 5x5 maximum is the network's and not in the time"
        reference = "Open Model Zoo AssociativeEmbeddingDecoder (Python)"
        people = len(golden_case["poses"])
        report("associative_embedding", reference, "openvino-model-api", people, microseconds, note)


def rebuild(folder, case, golden_case):
    """Dense heatmaps and embeddings from noise and the cells that were stored."""
    table = np.load(folder / "noise_table.npy")
    sparse = np.load(folder / f"{case:02}.sparse.npy")
    noise = golden_case["map_noise"]
    channel, y, x = np.indices((17, golden_case["map_height"], golden_case["map_width"]))

    def shifted(kind):
        rows = y + noise[f"{kind}_shift_y"] + noise[f"{kind}_shift_y_per_channel"] * channel
        columns = x + noise[f"{kind}_shift_x"] + noise[f"{kind}_shift_x_per_channel"] * channel
        return table[rows % table.shape[0], columns % table.shape[1]]

    heatmaps = shifted("heat") * np.float32(noise["heat_gain"])
    embeddings = (shifted("emb") + np.float32(noise["emb_offset"])) * np.float32(noise["emb_gain"])
    cells = sparse[:, 0].astype(np.int64)
    heatmaps.reshape(-1)[cells] = sparse[:, 1]
    embeddings.reshape(-1)[cells] = sparse[:, 2]
    return heatmaps[None], embeddings[None]


def main():
    shared = os.environ.get("EDGE_POSE_SHARED")
    if not shared:
        raise SystemExit("set EDGE_POSE_SHARED to the folder that holds golden/")
    golden = Path(shared) / "golden"
    cv2.setNumThreads(1)
    mmpose, model_api = load_mmpose(), load_model_api()
    time_heatmaps(golden, mmpose)
    time_simcc(golden, mmpose, load_rtmpose())
    time_openpose(golden, model_api)
    time_associative_embedding(golden, model_api)


if __name__ == "__main__":
    main()
