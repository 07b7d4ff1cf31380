// Which of three languages a reader gets: twin of pick_with_language in app/domain/words.py.

const ORDER = {
  en: ["en", "zh-Hans", "zh-Hant"],
  "zh-Hans": ["zh-Hans", "zh-Hant", "en"],
  "zh-Hant": ["zh-Hant", "zh-Hans", "en"],
};

/** The words for a reader and the language they are in: [text, language]; "" when there are none. */
export const pickWithLanguage = (words, language) => {
  for (const candidate of [...(ORDER[language] ?? ORDER.en), ...Object.keys(words).sort()]) {
    if (words[candidate]?.trim()) return [words[candidate], candidate];
  }
  return ["", language];
};
