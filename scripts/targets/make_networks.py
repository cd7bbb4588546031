"""Networks of the pose families with random weights, as ONNX files: the architecture alone decides how long one takes.

Usage: make_networks.py FOLDER
"""

import sys
from pathlib import Path

import timm
import torch
from torch import nn

KEYPOINTS = 17


class HrnetTrunk(nn.Module):
    """HRNet-W32 up to the branch of the highest resolution: 32 channels, stride 4."""

    def __init__(self):
        super().__init__()
        self.net = timm.create_model("hrnet_w32", pretrained=False)

    def forward(self, picture):
        net = self.net
        x = net.act1(net.bn1(net.conv1(picture)))
        x = net.act2(net.bn2(net.conv2(x)))
        return net.stages(x)[0]


def deconvolutions(channels, count=3):
    """SimpleBaseline's head: every step doubles height and width."""
    layers = []
    for _ in range(count):
        layers += [nn.ConvTranspose2d(channels, 256, 4, 2, 1, bias=False), nn.BatchNorm2d(256), nn.ReLU()]
        channels = 256
    return nn.Sequential(*layers)


class ResnetTrunk(nn.Module):
    """The last features of a residual network, stride 32."""

    def __init__(self, name):
        super().__init__()
        self.net = timm.create_model(name, pretrained=False)
        self.channels = self.net.num_features

    def forward(self, picture):
        return self.net.forward_features(picture)


class Duc(nn.Module):
    """Dense upsampling convolution: four channels become a square of four cells."""

    def __init__(self, channels, wider):
        super().__init__()
        self.step = nn.Sequential(
            nn.Conv2d(channels, wider, 3, padding=1, bias=False), nn.BatchNorm2d(wider), nn.ReLU(), nn.PixelShuffle(2)
        )

    def forward(self, x):
        return self.step(x)


class TopDown(nn.Module):
    def __init__(self, trunk, head, channels):
        super().__init__()
        self.body = nn.Sequential(trunk, *([head] if head else []), nn.Conv2d(channels, KEYPOINTS, 1))

    def forward(self, picture):
        return self.body(picture)


class TwoHeads(nn.Module):
    def __init__(self, trunk, head, channels, outputs):
        super().__init__()
        self.body = nn.Sequential(trunk, *([head] if head else []))
        self.first = nn.Conv2d(channels, outputs[0], 1)
        self.second = nn.Conv2d(channels, outputs[1], 1)

    def forward(self, picture):
        x = self.body(picture)
        return self.first(x), self.second(x)


def networks():
    resnet50 = ResnetTrunk("resnet50")
    yield "hrnet-w32-top-down", TopDown(HrnetTrunk(), None, 32), (256, 192), ["heatmaps"]
    yield "resnet50-top-down", TopDown(resnet50, deconvolutions(resnet50.channels), 256), (256, 192), ["heatmaps"]
    fastpose = ResnetTrunk("seresnet50")
    duc = nn.Sequential(nn.PixelShuffle(2), Duc(fastpose.channels // 4, 1024), Duc(256, 512))
    yield "alphapose-fastpose", TopDown(fastpose, duc, 128), (256, 192), ["heatmaps"]
    bottom_up = TwoHeads(HrnetTrunk(), None, 32, (KEYPOINTS, KEYPOINTS))
    yield "hrnet-w32-bottom-up", bottom_up, (512, 512), ["heatmaps", "tags"]
    resnet18 = ResnetTrunk("resnet18")
    trt_pose = TwoHeads(resnet18, deconvolutions(resnet18.channels), 256, (18, 42))
    yield "trt-pose-resnet18", trt_pose, (224, 224), ["cmap", "paf"]


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for name, network, (height, width), outputs in networks():
        path = folder / f"{name}.onnx"
        picture = torch.zeros(1, 3, height, width)
        torch.onnx.export(
            network.eval(), picture, str(path), input_names=["picture"], output_names=outputs, opset_version=17,
            dynamo=False,
        )
        print(f"{name} {width}x{height} {path.stat().st_size // 1_000_000} MB", flush=True)


main()
