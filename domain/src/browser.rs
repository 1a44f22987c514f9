//! Which browser on which system somebody signed in with, by what it says of itself (`User-Agent`): enough for a person
//! to know their sessions apart. It is said freely and proves nothing.

use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a browser says of itself beyond this is not looked at.
const LOOKED_AT: usize = 1000;

/// A program on a system, as far as they are known.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Browser {
    /// The program that browses.
    pub program: Program,
    /// The system it runs on.
    pub system: System,
}

/// The programs people in an office or on the way have.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// 企业微信, which companies talk by; pages open within it.
    WeCom,
    /// 微信 (WeChat); pages open within it.
    WeChat,
    /// 钉钉 (DingTalk); pages open within it.
    DingTalk,
    /// QQ 浏览器, Tencent's browser.
    QqBrowser,
    /// QQ, the messenger; pages open within it.
    Qq,
    /// 360's browsers (360 浏览器).
    Qihoo,
    /// Huawei's browser (华为浏览器).
    Huawei,
    /// Microsoft's Edge.
    Edge,
    /// Mozilla's Firefox.
    Firefox,
    /// Google's Chrome, and Chromium.
    Chrome,
    /// Apple's Safari.
    Safari,
    /// None of these, or nothing was said.
    #[default]
    Other,
}

/// The systems they run on.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// HarmonyOS (鸿蒙), which says it is an Android as well.
    HarmonyOs,
    /// UOS (统信), a Linux for offices.
    Uos,
    /// Kylin (麒麟), a Linux for offices.
    Kylin,
    /// Microsoft's Windows.
    Windows,
    /// Android, on telephones and tablets.
    Android,
    /// iOS and iPadOS.
    Ios,
    /// Apple's macOS.
    MacOs,
    /// Another Linux.
    Linux,
    /// None of these, or nothing was said.
    #[default]
    Other,
}

/// By what each is known, in small letters. Nearly all say they are Chrome or Safari too, and what runs within a messenger
/// names more than itself: whoever is more particular comes first.
const PROGRAMS: [(Program, &[&str]); 12] = [
    (Program::WeCom, &["wxwork/"]),
    (Program::WeChat, &["micromessenger/", "windowswechat", "macwechat"]),
    (Program::DingTalk, &["dingtalk"]),
    (Program::Qq, &[" qq/"]),
    (Program::QqBrowser, &["qqbrowser"]),
    (Program::Qihoo, &["qihu 360", "360se", "360ee", "qihoobrowser", "qhbrowser", "360browser", "360 aphone"]),
    (Program::Huawei, &["huaweibrowser/"]),
    (Program::Edge, &["edg/", "edga/", "edgios/", "edge/"]),
    // They say they are Chrome, and are not.
    (Program::Other, &["browser/", "opr/", "vivaldi/", "quark/", "metasr", "2345explorer", "maxthon", "; wv)"]),
    (Program::Firefox, &["firefox/", "fxios/"]),
    (Program::Chrome, &["chrome/", "crios/", "chromium/"]),
    (Program::Safari, &["safari/"]),
];

/// The same of systems: HarmonyOS says it is an Android, UOS and Kylin that they are a Linux, an iPhone that it is like
/// Mac OS X.
const SYSTEMS: [(System, &[&str]); 8] = [
    (System::HarmonyOs, &["harmonyos", "openharmony"]),
    (System::Ios, &["iphone", "ipad", "ipod"]),
    (System::Android, &["android"]),
    (System::Windows, &["windows nt", "windowswechat"]),
    (System::MacOs, &["macintosh"]),
    (System::Uos, &["uniontech"]),
    (System::Kylin, &["kylin"]),
    (System::Linux, &["linux"]),
];

impl Program {
    /// Every program that is told apart.
    pub const ALL: [Program; 12] = [
        Program::WeCom,
        Program::WeChat,
        Program::DingTalk,
        Program::QqBrowser,
        Program::Qq,
        Program::Qihoo,
        Program::Huawei,
        Program::Edge,
        Program::Firefox,
        Program::Chrome,
        Program::Safari,
        Program::Other,
    ];

    /// The code that stands for it where it is stored.
    pub fn code(self) -> &'static str {
        match self {
            Program::WeCom => "wecom",
            Program::WeChat => "wechat",
            Program::DingTalk => "dingtalk",
            Program::QqBrowser => "qq-browser",
            Program::Qq => "qq",
            Program::Qihoo => "360",
            Program::Huawei => "huawei",
            Program::Edge => "edge",
            Program::Firefox => "firefox",
            Program::Chrome => "chrome",
            Program::Safari => "safari",
            Program::Other => "other",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Program::WeCom => Text::new("企业微信", "WeCom"),
            Program::WeChat => Text::new("微信", "WeChat"),
            Program::DingTalk => Text::new("钉钉", "DingTalk"),
            Program::QqBrowser => Text::new("QQ 浏览器", "QQ Browser"),
            Program::Qq => Text::new("QQ", "QQ"),
            Program::Qihoo => Text::new("360 浏览器", "360 Browser"),
            Program::Huawei => Text::new("华为浏览器", "Huawei Browser"),
            Program::Edge => Text::new("Edge", "Edge"),
            Program::Firefox => Text::new("Firefox", "Firefox"),
            Program::Chrome => Text::new("Chrome", "Chrome"),
            Program::Safari => Text::new("Safari", "Safari"),
            Program::Other => Text::new("其他浏览器", "Another browser"),
        }
    }

    fn read(said: &str) -> Program {
        let says = |marks: &[&str]| marks.iter().any(|mark| said.contains(mark));
        let found = PROGRAMS.iter().find(|(_, marks)| says(marks)).map(|(program, _)| *program);
        // Others on an Android say they are Safari as well.
        found.filter(|program| *program != Program::Safari || says(&["macintosh", "iphone", "ipad"])).unwrap_or_default()
    }
}

impl System {
    /// Every system that is told apart.
    pub const ALL: [System; 9] = [
        System::HarmonyOs,
        System::Uos,
        System::Kylin,
        System::Windows,
        System::Android,
        System::Ios,
        System::MacOs,
        System::Linux,
        System::Other,
    ];

    /// The code that stands for it where it is stored.
    pub fn code(self) -> &'static str {
        match self {
            System::HarmonyOs => "harmonyos",
            System::Uos => "uos",
            System::Kylin => "kylin",
            System::Windows => "windows",
            System::Android => "android",
            System::Ios => "ios",
            System::MacOs => "macos",
            System::Linux => "linux",
            System::Other => "other",
        }
    }

    /// None: it is not known, and not spoken of.
    pub fn name(self) -> Option<Text> {
        match self {
            System::HarmonyOs => Some(Text::new("鸿蒙", "HarmonyOS")),
            System::Uos => Some(Text::new("统信 UOS", "UOS")),
            System::Kylin => Some(Text::new("麒麟", "Kylin")),
            System::Windows => Some(Text::new("Windows", "Windows")),
            System::Android => Some(Text::new("安卓", "Android")),
            System::Ios => Some(Text::new("iOS", "iOS")),
            System::MacOs => Some(Text::new("macOS", "macOS")),
            System::Linux => Some(Text::new("Linux", "Linux")),
            System::Other => None,
        }
    }

    fn read(said: &str) -> System {
        // A word alone: there are television sets called AQUOS.
        let is_uos = said.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "uos" || word == "uosbrowser");
        let found = SYSTEMS.iter().find(|(system, marks)| marks.iter().any(|m| said.contains(m)) || (*system == System::Uos && is_uos));
        found.map(|(system, _)| *system).unwrap_or_default()
    }
}

impl Browser {
    /// Reads what a browser says of itself.
    pub fn read(user_agent: &str) -> Browser {
        let said: String = user_agent.chars().take(LOOKED_AT).collect::<String>().to_ascii_lowercase();
        Browser { program: Program::read(&said), system: System::read(&said) }
    }

    /// As it is stored: two short words, however long what was said.
    pub fn code(self) -> String {
        format!("{} {}", self.program.code(), self.system.code())
    }

    /// Reads a code; what this edition does not know is another browser.
    pub fn from_code(code: &str) -> Browser {
        let (program, system) = code.split_once(' ').unwrap_or_default();
        Browser {
            program: Program::ALL.into_iter().find(|p| p.code() == program).unwrap_or_default(),
            system: System::ALL.into_iter().find(|s| s.code() == system).unwrap_or_default(),
        }
    }

    /// `Chrome · Windows`.
    pub fn name(self) -> Text {
        let program = self.program.name();
        match self.system.name() {
            Some(system) => Text::new(format!("{} · {}", program.zh, system.zh), format!("{} · {}", program.en, system.en)),
            None => program,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What browsers really say, and how a person reads it.
    const SAID: [(&str, &str); 29] = [
        (
            "Chrome · Windows",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        ),
        (
            "Chrome · macOS",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        ),
        ("Chrome · Linux", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36"),
        (
            "Chrome · 安卓",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
        ),
        (
            "Chrome · iOS",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
        ),
        (
            "Edge · Windows",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68",
        ),
        (
            "Edge · Windows",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
        ),
        (
            "Edge · 安卓",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0",
        ),
        ("Firefox · Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"),
        ("Firefox · Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
        (
            "Firefox · iOS",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
        ),
        (
            "Safari · macOS",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
        ),
        (
            "Safari · iOS",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        ),
        (
            "360 浏览器 · Windows",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/63.0.3239.132 Safari/537.36 QIHU 360SE",
        ),
        (
            "360 浏览器 · Windows",
            "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/535.19 (KHTML, like Gecko) Chrome/18.0.1025.168 Safari/535.19 QIHU 360EE",
        ),
        (
            "微信 · 安卓",
            "Mozilla/5.0 (Linux; Android 13; 22081212C Build/TKQ1.220829.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240404 MMWEBID/6533 MicroMessenger/8.0.49.2600(0x28003156) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64",
        ),
        (
            "微信 · iOS",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x1800312c) NetType/WIFI Language/zh_CN",
        ),
        (
            "微信 · Windows",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090b19) XWEB/9185 Flue",
        ),
        (
            "企业微信 · Windows",
            "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.5359.95 Safari/537.36 wxwork/4.1.28 (MicroMessenger/6.2) WindowsWechat MailPlugin_Electron WeMail embeddisk wwmver/3.26.28.616",
        ),
        (
            "QQ 浏览器 · Windows",
            "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.71 Safari/537.36 Core/1.94.218.400 QQBrowser/12.1.5496.400",
        ),
        (
            "QQ 浏览器 · 安卓",
            "Mozilla/5.0 (Linux; U; Android 12; zh-cn; M2012K11AC Build/SKQ1.220303.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.86 MQQBrowser/14.9 Mobile Safari/537.36 COVC/046915",
        ),
        (
            "QQ · 安卓",
            "Mozilla/5.0 (Linux; Android 12; M2012K11AC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.86 MQQBrowser/6.2 TBS/046613 Mobile Safari/537.36 V1_AND_SQ_8.9.68_4264_YYB_D QQ/8.9.68.11565 NetType/WIFI",
        ),
        (
            "华为浏览器 · 鸿蒙",
            "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/14.0.5.303 Mobile Safari/537.36",
        ),
        (
            "Chrome · 鸿蒙",
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
        ),
        (
            "Chrome · 统信 UOS",
            "Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/93.0.4577.63 Safari/537.36 UOS",
        ),
        ("Firefox · 麒麟", "Mozilla/5.0 (X11; Kylin Linux aarch64; rv:102.0) Gecko/20100101 Firefox/102.0"),
        (
            "其他浏览器 · 安卓",
            "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S9110) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        ),
        ("其他浏览器", "curl/8.5.0"),
        ("其他浏览器", ""),
    ];

    #[test]
    fn what_browsers_say_is_read_as_a_person_would() {
        for (name, said) in SAID {
            assert_eq!(Browser::read(said).name().zh, name, "{said}");
        }
    }

    #[test]
    fn what_is_stored_is_short_and_reads_back_whatever_was_said() {
        for (_, said) in SAID {
            let browser = Browser::read(said);
            assert_eq!(Browser::from_code(&browser.code()), browser);
        }
        assert!(Browser::read(&"Chrome/".repeat(100_000)).code().len() <= 24);
        assert!(Program::ALL.iter().all(|p| System::ALL.iter().all(|s| Browser { program: *p, system: *s }.code().len() <= 24)));
        for strange in ["", "netscape amiga", "chrome", "<script> windows"] {
            assert_eq!(Browser::from_code(strange).program, Program::Other, "{strange}");
        }
    }

    #[test]
    fn a_word_within_another_is_no_system() {
        assert_eq!(Browser::read("Mozilla/5.0 (DTV) AppleWebKit/531.2 (KHTML, like Gecko) AQUOSBrowser/1.0").name().zh, "其他浏览器");
    }
}
