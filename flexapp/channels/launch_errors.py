"""The errors of the launch interface: stable reason, HTTP status, sentence.

Vendors depend on the reasons: a reason never changes its meaning, and new ones may be added.
"""

from __future__ import annotations

LAUNCH_ERRORS: dict[str, tuple[int, str]] = {
    "content_type": (415, "请求的 Content-Type 必须是 application/jose，正文就是签名后的 JWS。"),
    "too_large": (413, "正文太长，不能超过 8 KB。"),
    "malformed": (400, "正文不是紧凑格式的 JWS，或者 iat、exp 不是整数秒。"),
    "no_id": (400, "jti 必须有 16 至 64 个字符：字母、数字、- 或 _，每次都不同。"),
    "unknown_channel": (401, "iss 不是已登记的渠道编码。"),
    "algorithm": (401, "只接受 ES256 签名（alg）。"),
    "unknown_key": (401, "kid 不是该渠道已登记的公钥。"),
    "retired_key": (401, "kid 对应的公钥已停用，请换用新的密钥。"),
    "bad_signature": (401, "签名和 kid 对应的公钥不符，或者内容被改动过。"),
    "wrong_audience": (401, "aud 必须是 nx-flexible-employment。"),
    "expired": (401, "JWS 已过期（exp），请核对服务器时间。"),
    "not_yet": (401, "签发时间（iat）或生效时间（nbf）在将来，请核对服务器时间。"),
    "ends_first": (401, "exp 不晚于 iat：这条消息从来没有有效过，请核对签名程序。"),
    "too_long": (401, "有效期太长：exp 不能晚于 iat 之后 120 秒。"),
    "replayed": (409, "这个 jti 已经用过，每次请求要重新签名。"),
    "channel_disabled": (403, "该渠道已停用。"),
    "channel_not_yet": (403, "该渠道还不能办理。"),
    "invalid_claims": (422, "姓名、身份证号、手机号或目标页面不对，见 errors。"),
    "not_confirmed": (
        422,
        "姓名、身份证号和手机号没有通过核验，或者和以前登记的不一致。请提示本人核对，或带身份证到社保服务大厅更正。",
    ),
    "too_many": (
        429,
        "一分钟内的请求太多了（或者签名不对的请求太多），请过 Retry-After 里的秒数再发。",
    ),
    "too_many_unconfirmed": (
        429,
        "没有通过核验的人太多了，或者为同一个身份证号换了太多姓名。"
        "请先查清原因，再过 Retry-After 里的秒数发。",
    ),
    "registry_down": (503, "现在连不上核验系统，请稍后重新签名再试。"),
}
