import ts from 'typescript';

/** A stretch of a file's text, in characters. */
export interface Span {
  start: number;
  end: number;
}

/** One way on from a branch: what stands there, or what remains of `whole` when `instead` was not taken. */
export type Outcome = { label: string } & ({ of: Span } | { whole: Span; instead: Span });

/** A place where the program goes one way or another. */
export interface Branch extends Span {
  kind: string;
  outcomes: Outcome[];
}

/** What of a file can be run, and be missed. */
export interface Outline {
  statements: Span[];
  functions: (Span & { name: string; body: Span })[];
  branches: Branch[];
}

const logical = new Map([
  [ts.SyntaxKind.AmpersandAmpersandToken, '&&'],
  [ts.SyntaxKind.BarBarToken, '||'],
  [ts.SyntaxKind.QuestionQuestionToken, '??'],
]);

/**
 * Statements, functions and branches of TypeScript source. A branch is an if, a conditional expression, a logical operator (its right
 * side evaluated, and not), a clause of a switch, or a catch that was entered.
 */
export function outlineOf(text: string, fileName: string): Outline {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2022, true);
  const outline: Outline = { statements: [], functions: [], branches: [] };
  const span = (node: ts.Node): Span => ({ start: node.getStart(source), end: node.end });

  const branch = (node: ts.Node, kind: string, outcomes: Outcome[]): void => {
    if (outcomes.length > 0) outline.branches.push({ ...span(node), kind, outcomes });
  };
  const taken = (label: string, node: ts.Node | undefined): Outcome[] => {
    const first = node && ts.isBlock(node) ? node.statements[0] : node;
    return first === undefined ? [] : [{ label, of: span(first) }];
  };

  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (isRun(node)) outline.statements.push(span(node));
    if (isFunction(node) && node.body !== undefined) {
      const name = node.name?.getText(source) ?? 'anonymous';
      outline.functions.push({ ...span(node), name, body: span(node.body) });
    }
    if (ts.isIfStatement(node)) {
      const yes = taken('true', node.thenStatement);
      const no = taken('false', node.elseStatement);
      const [first] = yes;
      const rest: Outcome[] =
        node.elseStatement === undefined && first !== undefined && 'of' in first
          ? [{ label: 'false', whole: span(node.expression), instead: first.of }]
          : no;
      branch(node, 'if', [...yes, ...rest]);
    } else if (ts.isConditionalExpression(node)) {
      branch(node, '?:', [...taken('true', node.whenTrue), ...taken('false', node.whenFalse)]);
    } else if (ts.isBinaryExpression(node) && logical.has(node.operatorToken.kind)) {
      const right = span(node.right);
      branch(node, logical.get(node.operatorToken.kind) as string, [
        { label: 'right side needed', of: right },
        { label: 'right side not needed', whole: span(node.left), instead: right },
      ]);
    } else if (ts.isCaseOrDefaultClause(node)) {
      const label = ts.isCaseClause(node) ? node.expression.getText(source) : 'default';
      branch(node, 'switch', taken(label, node.statements[0]));
    } else if (ts.isCatchClause(node)) {
      branch(node, 'catch', taken('entered', node.block));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return outline;
}

function isRun(node: ts.Node): boolean {
  return (
    ts.isStatement(node) && !ts.isBlock(node) && !ts.isFunctionDeclaration(node) && !ts.isEmptyStatement(node)
  );
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node;
}
