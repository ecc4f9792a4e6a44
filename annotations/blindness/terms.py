"""Lists the names that reveal a summary's author; add a new model or maker here.

A name is a regular expression for one or more words. Boundaries are added around it, and after a model's name a
version ("-4o", "2", "-3.5") is allowed. Names that are also ordinary words need capitals or a context that makes them
names, because every false alarm costs a researcher's time:

- `NAMES`: unambiguous; in any case.
- `CAPITALISED`: also ordinary words ("a llama", "to google", "cohere", "grok"): only as written here.
- `IN_CONTEXT`: ambiguous even with capitals ("the Bard", "terminal T5", "press Command R"): only with a size, a maker's
  name, a word such as "model", or a self-introduction beside them.
- `PHRASES`: what a model says about itself; in any case.

Each entry is (term, expression). The term is what is reported, and what the transcript is searched for: a name
counts as the meeting's own if the transcript has the term, in any case, spaces and hyphens inside it optional.
"""

NAMES = (
    ("GPT", r"GPT"),
    ("ChatGPT", r"Chat[ -]?GPT"),
    ("InstructGPT", r"InstructGPT"),
    ("OpenAI", r"OpenAI"),
    ("Claude", r"(?<!Jean[ -])Claude"),
    ("Gemini", r"Gemini"),
    ("Mixtral", r"Mixtral"),
    ("TinyLlama", r"Tiny[ -]?Llama"),
    ("LiteLlama", r"Lite[ -]?Llama"),
    ("SmolLM", r"SmolLM"),
    ("Hugging Face", r"HuggingFace"),
    ("Qwen", r"Qwen"),
    ("Alibaba", r"Alibaba"),
    ("DeepSeek", r"DeepSeek"),
    ("DeepMind", r"DeepMind"),
    ("Ministral", r"Ministral"),
    ("LFM", r"LFM-?2(?:\.5)?"),
    ("Liquid AI", r"Liquid[ -]?AI"),
    ("AllenAI", r"Allen[ -]?AI"),
    ("Longformer", r"Longformer"),
    ("DialogLED", r"Dialog[ -]?LED|DialogLM"),
    ("PEGASUS-X", r"Pegasus-X"),
    ("Nemotron", r"Nemotron"),
    ("Moonshot AI", r"Moonshot[ -]?AI"),
    ("ChatGLM", r"ChatGLM"),
    ("InternLM", r"InternLM"),
    ("Baichuan", r"Baichuan"),
    ("Vicuna", r"Vicuna"),
    ("Ernie Bot", r"Ernie[ -]?Bot"),
    ("CodeLlama", r"Code[ -]?Llama"),
    ("LongT5", r"LongT5"),
    ("mT5", r"mT5"),
    ("文心一言", r"文心一言"),
    ("通义千问", r"通义千问"),
    ("智谱清言", r"智谱清言"),
    ("讯飞星火", r"讯飞星火"),
    ("腾讯混元", r"腾讯混元"),
    ("百川智能", r"百川智能"),
    ("深度求索", r"深度求索"),
    ("阿里巴巴", r"阿里巴巴"),
    ("阿里云", r"阿里云"),
    ("谷歌", r"谷歌"),
    ("微软", r"微软"),
    ("月之暗面", r"月之暗面"),
)

# Meetings talk about a maker's other products; they say nothing about who wrote a summary.
_GOOGLE_PRODUCTS = (
    "Docs?|Drive|Sheets?|Slides|Forms?|Meet|Calendar|Maps|Search|Analytics|Cloud|Ads|Scholar|Translate|Chrome|Play"
)
_MICROSOFT_PRODUCTS = "Teams|Word|Excel|Office|Outlook|PowerPoint|Windows|Azure|Project|SharePoint|Access|OneDrive|365"

CAPITALISED = (
    ("Anthropic", r"A(?:nthropic|NTHROPIC)(?! [Pp]rinciple)"),
    ("Google", rf"(?:Google|GOOGLE)(?! (?:{_GOOGLE_PRODUCTS})\b)"),
    ("Microsoft", rf"(?:Microsoft|MICROSOFT)(?! (?:{_MICROSOFT_PRODUCTS})\b)"),
    ("IBM", r"IBM"),
    ("PaLM", r"PaLM"),
    ("Gemma", r"Gemma|GEMMA"),
    ("LLaMA", r"L[Ll][Aa][Mm][Aa]"),
    ("Meta AI", r"Meta AI|META AI"),
    ("Facebook AI", r"Facebook AI"),
    ("Allen Institute", r"Allen Institute"),
    ("PRIMERA", r"PRIMERA"),
    ("Mistral", r"Mistral|MISTRAL"),
    ("FLAN", r"FLAN"),
    ("Hugging Face", r"Hugging [Ff]ace"),
    ("xAI", r"xAI"),
    ("Cohere", r"(?<=[\w,;:] )Cohere|Cohere(?='s| AI\b| model\b| Command\b)"),
    ("Grok", r"(?<=[\w,;:] )Grok|Grok(?='s|-\d| \d| AI\b| model\b| by xAI\b)"),
)

_INTRODUCED = r"(?:(?<=\bI am )|(?<=\bI'm )|(?<=\bname is ))"
_MODEL_NOUN = r"(?= (?:language )?(?:model|LLM|AI|chatbot|assistant)\b)"
_SIZE = r"[ -](?:small|base|large|xl|xxl|\d+(?:\.\d+)?[bm])"


def _ambiguous(name: str) -> str:
    return rf"{_INTRODUCED}{name}|{name}{_MODEL_NOUN}"


IN_CONTEXT = (
    ("Bard", rf"{_ambiguous('Bard')}|(?<=\bGoogle )Bard|(?<=\bGoogle's )Bard|Bard(?= AI\b)"),
    ("T5", rf"T5{_MODEL_NOUN}|[Tt]5(?i:{_SIZE})"),
    ("FLAN", rf"(?i:flan)[ -][Tt]5(?i:{_SIZE})?"),
    ("LLaMA", r"llama-?[1-4](?:\.\d)?|(?i:llama)(?:[ -]?\d(?:\.\d)?)?-(?i:\d+b|chat|instruct)"),
    ("Mistral", r"(?i:mistral)-(?i:\d+b|instruct|nemo|small|large)"),
    ("Gemma", r"gemma-?\d(?:n(?:-[Ee]\d[Bb])?)?"),
    ("Phi", rf"{_ambiguous('Phi')}|Phi[ -]?[1-4](?:\.5)?|phi-[1-4](?:\.5)?"),
    ("Granite", rf"{_ambiguous('Granite')}|(?<=\bIBM )Granite|(?<=\bIBM's )Granite"),
    ("Granite", r"(?i:granite)-?[1-4](?:\.\d)?(?:-h)?(?:-(?i:350m|1b|micro|tiny|small))?|Granite [1-4]\.\d"),
    ("LED", r"LED(?:-(?i:base|large)(?:-16384)?|-16384)"),
    ("BART", rf"{_ambiguous('BART')}|(?i:bart)-(?i:base|large|cnn|xsum|samsum)(?:-(?i:cnn|xsum|samsum))*"),
    ("PEGASUS", rf"{_ambiguous('PEGASUS')}|(?i:pegasus)-(?i:base|large|xsum)"),
    ("千问", r"(?<=我是)千问|千问(?=大模型|模型|团队)"),
    ("Grok", r"grok-\d"),
    ("Command R", rf"{_ambiguous('Command[ -]R')}|(?i:command)[ -][Rr](?:\+|-plus|7[Bb])"),
    ("Command", r"(?<=\bCohere )Command|(?<=\bCohere's )Command"),
    ("Yi", r"Yi-\d+[Bb]"),
    ("Falcon", r"(?i:falcon)-\d+[Bb]"),
    ("豆包", r"(?<=我是)豆包|豆包(?=大模型|AI)"),
    ("Kimi", r"(?<=我是)Kimi|Kimi(?= AI\b|智能助手)"),
)

_AI = r"an? (?:AI|artificial intelligence)"
_KIND = r"(?:language model|assistant|model|system|chatbot|program)"
_ZH_A = r"(?:一个|一個|一款|一种|一名)?"
_ZH_AI = r"(?:人工智能|人工智慧|AI)"
_ZH_KIND = r"(?:语言模型|語言模型|助手|助理|模型|系统|系統|程序)"
_ZH_MODEL = r"(?:大型|大)?(?:语言模型|語言模型)"

PHRASES = (
    ("as an AI", rf"as {_AI}(?: {_KIND}|(?=,))"),
    ("as a language model", r"as a (?:large )?language model"),
    ("I am an AI", rf"I(?: am|'m) (?:just |only )?{_AI}(?: {_KIND}|(?= *(?:[.,;:!?)]|and\b|$)))"),
    ("I am a language model", r"I(?: am|'m) (?:just |only )?a (?:large )?language model"),
    ("作为人工智能", rf"(?:作为|作為|身为){_ZH_A}(?:{_ZH_AI}{_ZH_KIND}?(?![A-Za-z专專研工公行领領产產])|{_ZH_MODEL})"),
    ("我是人工智能", rf"我(?:只|仅仅)?是{_ZH_A}(?:{_ZH_AI}(?:{_ZH_KIND}|(?=[，。,.!！]|$))|{_ZH_MODEL})"),
)

# Words in names of systems that are also words of summaries: alone they reveal nothing.
_ORDINARY = """
base large small mini tiny medium long short micro nano lite light plus pro ultra max turbo flash fast quick new old
first last best full half one two three chat instruct instruction instructed tuned fine finetuned tuning trained
zero shot few lora peft model models system baseline human humans expert written reference lead head tail middle
random truncate truncated chapter chapters chapterize chapterized rewrite rewritten merge concat window context
summary summaries summarizer summariser summarization meeting meetings minutes text rank extract extractive
abstractive compact imported scripted test demo example default greedy beam sampled prompt prompted english chinese
version final draft local cloud server open source original copy team project general query language assistant
command phi bard palm meta gemma flan falcon cohere grok code next preview latest experimental
"""
GENERIC = frozenset(_ORDINARY.split())
