"""Weights small enough to be made in a blink: random, as large as a photograph, and good for plumbing alone.

`bare` writes folders that have the files of weights and no libraries are needed for; the others save
real models of diffusers and transformers, whose answers are noise.
"""

import json
import struct
import warnings
from pathlib import Path

SIDE = 64
TEXT = {
    "bos_token_id": 512,
    "eos_token_id": 513,
    "pad_token_id": 513,
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "vocab_size": 514,
}
SIGHT = {
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "image_size": 32,
    "patch_size": 8,
}


# ------------------------------------------------------------------- without any library


def tensors(path, *, count=4, kind="F32", width=4, cut=0):
    """A file of weights with one tensor of zeros, which takes no room on the disk; `cut` bytes too short."""
    size = count * width
    said = json.dumps({"w": {"dtype": kind, "shape": [count], "data_offsets": [0, size]}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(said)) + said)
        file.truncate(8 + len(said) + size - cut)
    return path


def config(path, **entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries), "utf-8")


def bare(folder, architecture="StableDiffusionPipeline", *, sample_size=32, count=4):
    """A pipeline as far as its files tell."""
    index = {"_class_name": architecture, "safety_checker": [None, None]}
    index |= {"unet": ["diffusers", "UNet2DConditionModel"], "scheduler": ["diffusers", "DDIMScheduler"]}
    config(folder / "model_index.json", **index, vae=["diffusers", "AutoencoderKL"])
    config(folder / "unet" / "config.json", sample_size=sample_size)
    config(folder / "vae" / "config.json", block_out_channels=[32, 64])
    config(folder / "scheduler" / "scheduler_config.json")
    for part in ("unet", "vae"):
        tensors(folder / part / "diffusion_pytorch_model.safetensors", count=count)
    return folder


def cached(hub, name, commit="0123456789abcdef" * 2, make=bare, **more):
    """Weights in the hub's cache under their name."""
    kept = Path(hub) / f"models--{name.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True, exist_ok=True)
    (kept / "refs" / "main").write_text(commit)
    return make(kept / "snapshots" / commit, **more)


# ----------------------------------------------------------------- with torch and its kin


def _silent(make):
    """What libraries say while they build is no concern of a test."""

    def quietly(folder, **more):
        import diffusers
        import torch
        import transformers

        for library in (diffusers, transformers):
            library.utils.logging.set_verbosity_error()
            library.utils.logging.disable_progress_bar()
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make(folder, **more)
        return folder

    return quietly


@_silent
def pipeline(folder, *, inpainting=False, prudish=False):
    """Stable Diffusion: one that draws, one that only paints under masks, or one that finds all unsafe."""
    import diffusers
    from transformers import CLIPTextConfig, CLIPTextModel

    kind = diffusers.StableDiffusionInpaintPipeline if inpainting else diffusers.StableDiffusionPipeline
    kind(
        vae=_vae(diffusers),
        text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT)),
        tokenizer=_clip_tokens(),
        unet=diffusers.UNet2DConditionModel(
            block_out_channels=(32, 64),
            layers_per_block=1,
            sample_size=SIDE // 2,
            in_channels=9 if inpainting else 4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
        ),
        scheduler=diffusers.DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        requires_safety_checker=prudish,
        **(_censor() if prudish else {"safety_checker": None, "feature_extractor": None}),
    ).save_pretrained(folder)


@_silent
def flux(folder):
    """FLUX: another family, with two encoders of text and no denoiser of the old kind."""
    import diffusers
    import transformers

    letters = [*map(chr, range(32, 127)), "▁"]
    words = [(word, 0.0) for word in ("<pad>", "</s>", "<unk>")] + [(letter, -1.0) for letter in letters]
    t5 = {"d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4, "vocab_size": len(words)}
    diffusers.FluxPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        text_encoder=transformers.CLIPTextModel(transformers.CLIPTextConfig(**TEXT)),
        tokenizer=_clip_tokens(),
        text_encoder_2=transformers.T5EncoderModel(transformers.T5Config(**t5)),
        tokenizer_2=transformers.T5Tokenizer(vocab=words, extra_ids=0, model_max_length=77),
        transformer=diffusers.FluxTransformer2DModel(
            in_channels=4,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            axes_dims_rope=[4, 4, 8],
            guidance_embeds=True,
        ),
        vae=diffusers.AutoencoderKL(
            block_out_channels=(4,),
            latent_channels=1,
            norm_num_groups=1,
            use_quant_conv=False,
            use_post_quant_conv=False,
            shift_factor=0.06,
            scaling_factor=1.5,
        ),
    ).save_pretrained(folder)


def _vae(diffusers):
    return diffusers.AutoencoderKL(
        block_out_channels=[32, 64],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
    )


def _censor():
    """A checker for which everything is like what it looks for."""
    import torch
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=SIGHT, projection_dim=16))
    checker.concept_embeds_weights.data = torch.full_like(checker.concept_embeds_weights, -2.0)
    return {"safety_checker": checker, "feature_extractor": _eyes()}


@_silent
def clip(folder):
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor

    CLIPModel(CLIPConfig(text_config=TEXT, vision_config=SIGHT, projection_dim=16)).save_pretrained(folder)
    CLIPProcessor(image_processor=_eyes(), tokenizer=_clip_tokens()).save_pretrained(folder)


@_silent
def siglip(folder):
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    words = _letters()
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1, "vocab_size": len(words)}
    text = {**TEXT, **ids, "max_position_embeddings": 64, "projection_size": 32}
    SiglipModel(SiglipConfig(text_config=text, vision_config=SIGHT)).save_pretrained(folder)
    eyes = SiglipImageProcessor(size={"height": 32, "width": 32})
    SiglipProcessor(image_processor=eyes, tokenizer=words).save_pretrained(folder)


@_silent
def llava(folder):
    """A model that sees: what it says is letters."""
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    words = _letters("<image>")
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1, "vocab_size": len(words)}
    text = LlamaConfig(**{**TEXT, **ids}, num_key_value_heads=4, max_position_embeddings=4096)
    image = words.convert_tokens_to_ids("<image>")
    sight = CLIPVisionConfig(**SIGHT)
    LlavaForConditionalGeneration(
        LlavaConfig(vision_config=sight, text_config=text, image_token_id=image)
    ).save_pretrained(folder)
    LlavaProcessor(
        image_processor=_eyes(),
        tokenizer=words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)


TEMPLATE = (
    "{% for m in messages %}{% for c in m.content %}"
    "{% if c.type == 'image' %}<image>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %} says {% endif %}"
)


def _eyes():
    from transformers import CLIPImageProcessor

    return CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def _clip_tokens():
    """A vocabulary of single bytes, written with the letters that CLIP writes bytes with."""
    from transformers import CLIPTokenizer

    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(byte) for byte in plain] + [chr(256 + n) for n in range(256 - len(plain))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def _letters(*special):
    """A vocabulary of the letters of ASCII."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", *special, *map(chr, range(32, 127))]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    ends = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, additional_special_tokens=list(special), **ends)
