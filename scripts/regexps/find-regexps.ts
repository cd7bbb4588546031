import ts from 'typescript';

/** A regular expression that stands in a source file. */
export interface FoundRegexp {
  readonly file: string;
  readonly line: number;
  /** Undefined where it is made of parts that are not known before the program runs. */
  readonly source: string | undefined;
  readonly flags: string;
}

/** Methods of a string that make a regular expression of a text. */
const makers: ReadonlySet<string> = new Set(['match', 'matchAll', 'search']);

/** Every regular expression in a file: literals, `RegExp(…)` with and without `new`, and texts that `match` and its like
 *  take for one. */
export function findRegexps(file: string, text: string): FoundRegexp[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const constants = constantTexts(source);
  const found: FoundRegexp[] = [];
  const add = (node: ts.Node, pattern: string | undefined, flags: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push({ file, line: line + 1, source: pattern, flags });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      add(node, node.text.slice(1, end), node.text.slice(end + 1));
    } else if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const [pattern, flags] = node.arguments ?? [];
      // That of a literal is found itself.
      if (pattern !== undefined && !ts.isRegularExpressionLiteral(pattern)) {
        if (ts.isIdentifier(node.expression) && node.expression.text === 'RegExp') {
          add(node, textOf(pattern, constants), flags === undefined ? '' : (textOf(flags, constants) ?? ''));
        } else if (isMaker(node.expression)) {
          const made = textOf(pattern, constants);
          if (made !== undefined) add(node, made, '');
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isMaker(callee: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(callee) && makers.has(callee.name.text);
}

/** The texts of a file's constants by their names. */
function constantTexts(source: ts.SourceFile): Map<string, string> {
  const constants = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      const isConstant = (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0;
      const text = isConstant ? textOf(node.initializer, constants) : undefined;
      if (text !== undefined) constants.set(node.name.text, text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return constants;
}

/** The text that an expression is whenever it is evaluated; undefined where that cannot be told. */
function textOf(node: ts.Expression, constants: ReadonlyMap<string, string>): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return constants.get(node.text);
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'String.raw') {
    return ts.isNoSubstitutionTemplateLiteral(node.template) ? node.template.rawText : undefined;
  }
  if (!ts.isTemplateExpression(node)) return undefined;
  let text = node.head.text;
  for (const span of node.templateSpans) {
    const part = textOf(span.expression, constants);
    if (part === undefined) return undefined;
    text += part + span.literal.text;
  }
  return text;
}
