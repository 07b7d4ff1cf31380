// Reading one answer on a checklist's scale: twin of app/domain/scale.py.

export const INADEQUATE = 4;
export const PARTLY = 6;
export const MAINLY = 8;
export const FULL = 10;

/** The points between the scale's ends. */
export const width = ({ scale }) => scale.max - scale.min;

/** Option value → points above the scale's minimum. */
export const points = ({ scale }) =>
  new Map(scale.options.map((option) => [option.value, option.points - scale.min]));

/** Points above the minimum of one score; undefined when it is not on the scale. */
export const above = ({ scale }, score) => {
  const option = scale.options.find(({ value }) => value === score);
  return option && option.points - scale.min;
};

/** Compares points with so many tenths of the scale, exactly: negative when below. */
export const against = (definition, got, tenths) => got * 10 - tenths * width(definition);

export const isCritical = (question) => Boolean(question.critical || question.veto);

export const isNa = (definition, score) => score === "na" && Boolean(definition.na);

export const scoreOf = (answers, { id }) => answers[id]?.score ?? null;
