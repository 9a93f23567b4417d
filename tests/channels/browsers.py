"""User agents as real browsers send them; the names say what each is."""

from __future__ import annotations

from flexapp.channels.user_agents import Platform

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko)"
)
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 13; M2012K11AC Build/TKQ1.220829.002; wv) AppleWebKit/537.36"
    " (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36"
)
UC = (
    "Mozilla/5.0 (Linux; U; Android 11; zh-CN; MI 8 Lite Build/RKQ1.200826.002) AppleWebKit/537.36"
    " (KHTML, like Gecko) Version/4.0 Chrome/69.0.3497.100 UWS/3.22.2.66 Mobile Safari/537.36"
)

BLOCKED = {
    "wechat iOS": f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI"
    " Language/zh_CN",
    "wechat Android": f"{WEBVIEW} XWEB/1160117 MMWEBSDK/20240301 MMWEBID/140"
    " MicroMessenger/8.0.49.2600(0x28003156) WeChat/arm64 Weixin NetType/4G Language/zh_CN",
    "wechat mini program": f"{WEBVIEW} XWEB/1160117 MicroMessenger/8.0.49.2600 WeChat/arm64 Weixin"
    " NetType/WIFI Language/zh_CN miniProgram/wx0000000000000000",
    "wechat on a computer": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML,"
    " like Gecko) Chrome/107.0.0.0 Safari/537.36 MicroMessenger/7.0.20.1781(0x6700143B)"
    " NetType/WIFI MiniProgramEnv/Windows WindowsWechat/WMPF",
    "alipay iOS": f"{IPHONE} Mobile/15E148 Ariver/1.0.0 AliApp(AP/10.5.96.1000)"
    " AlipayClient/10.5.96.1000 Language/zh-Hans",
    "alipay Android": f"{UC} UCBS/3.22.2.66_230817192043 ChannelId(8) NebulaSDK/1.8.100112 Nebula"
    " AlipayDefined(nt:WIFI,ws:393|0|2.75) AliApp(AP/10.5.26.8000) AlipayClient/10.5.26.8000"
    " Language/zh-Hans useStatusBar/true isConcaveScreen/true",
    "unionpay iOS": f"{IPHONE} Mobile/15E148/sa-sdk-ios (com.unionpay.chsp) (cordova 4.5.4)"
    " (updebug 0) (version 1009) (UnionPay/1.0 CloudPay) (clientVersion 309) (language zh_CN)",
    "unionpay Android": f"{WEBVIEW} (com.unionpay.chsp) (cordova 7.0.0) (updebug 0)"
    " (UnionPay/1.0 CloudPay) (language zh_CN)",
}
"""The code of the app, then which of its browsers."""

APPS = {
    "a bank that takes UnionPay": f"{IPHONE} Mobile/20D67 NebulaSDK/1.8.100112 Nebula"
    " Source/YOUBankApp/psbc UnionPay/1.0 PSBC/newPsbc WK PSDType(1) mPaaSClient/(null)",
    "a bank built on mPaaS": f"{IPHONE} Mobile/18F72 NebulaSDK/1.8.100112 Nebula"
    " Bankabc/Portal BankabciPhone/7.0.0 rv:7.0.3 iOS/14.6WK PSDType(1) mPaaSClient/7.0.3",
    "a government app built on mPaaS": f"{UC} UCBS/3.22.2.9999_220000000000 AlipayDefined"
    " AriverApp(mPaaSClient/10.2.8) MiniProgram Language/zh-Hans",
    "a government app built on mPaaS that says more": f"{UC} UCBS/3.22.2.9999_220000000000"
    " AlipayDefined(nt:WIFI) AliApp(AP/10.1.68) AlipayClient/10.1.68 mPaaSClient/10.1.68",
    "DingTalk": f"{WEBVIEW} AliApp(DingTalk/7.0.40) com.alibaba.android.rimet/37152486"
    " Channel/700159 language/zh-CN abi/64",
    "WeCom on Android": f"{WEBVIEW} wxwork/4.1.22 MicroMessenger/7.0.1 NetType/WIFI Language/zh",
    "WeCom on an iPhone": f"{IPHONE} Mobile/15E148 wxwork/4.1.22 MicroMessenger/7.0.1"
    " Language/zh ColorScheme/Light",
    "WeCom on a computer": "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like"
    " Gecko) Chrome/107.1.12.0 Safari/537.36 Language/zh wxwork/4.1.3 (MicroMessenger/6.2)"
    " WindowsWechat",
    "WeChat for governments": f"{WEBVIEW} wxworklocal/2.5.60001 MicroMessenger/7.0.1"
    " NetType/WIFI Language/zh",
    "a bare webview": WEBVIEW,
}
"""Webviews such as the twelve usable apps have, and those that offices work in."""

BROWSERS = {
    "Chrome on Android": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Mobile Safari/537.36",
    "Safari on an iPhone": f"{IPHONE} Version/17.4.1 Mobile/15E148 Safari/604.1",
    "Safari on an old iPad": "Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1",
    "QQ browser": f"{WEBVIEW} MQQBrowser/14.8 MMWEBSDK/20240301",
    "HarmonyOS 4": "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.11.0.302)"
    " AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/13.0.6.302"
    " Mobile Safari/537.36",
    "HarmonyOS 5": "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/114.0.0.0 Safari/537.36  ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.6.300",
    "Chrome on a computer": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML,"
    " like Gecko) Chrome/124.0.0.0 Safari/537.36",
}

PHONES: dict[str, Platform | None] = {
    "Chrome on Android": Platform.ANDROID,
    "a bare webview": Platform.ANDROID,
    "Safari on an iPhone": Platform.IOS,
    "Safari on an old iPad": Platform.IOS,
    "a bank built on mPaaS": Platform.IOS,
    "HarmonyOS 4": Platform.ANDROID,
    "HarmonyOS 5": Platform.HARMONY,
    "wechat Android": Platform.ANDROID,
    "wechat on a computer": None,
    "Chrome on a computer": None,
}
