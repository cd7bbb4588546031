import ts from 'typescript';

/** A stretch of a file's text, in characters. */
export interface Span {
  start: number;
  end: number;
  /** What cannot have run less often: the statement before it, or the one around it where that is no loop. */
  within?: Span | undefined;
  /** True of a function: how often it was made, and not how often it ran. */
  isMade?: boolean;
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
  const branch = (node: ts.Node, kind: string, outcomes: Outcome[]): void => {
    if (outcomes.length > 0) outline.branches.push({ ...span(node), kind, outcomes });
  };

  /** Answers what the statement after this one is within. */
  const visit = (node: ts.Node, within?: Span): Span | undefined => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
      return within;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return within;
    let around = within;
    if (isRun(node)) {
      around = span(node, within);
      outline.statements.push(around);
    }
    if (isFunction(node) && node.body !== undefined) {
      const name = node.name?.getText(source) ?? 'anonymous';
      outline.functions.push({ ...span(node), name, body: span(node.body) });
    }
    branchesOf(node, around, branch);
    const runsAgain =
      ts.isIterationStatement(node, false) || ts.isFunctionLike(node) || ts.isPropertyDeclaration(node);
    const inside = runsAgain ? undefined : around;
    if (ts.isBlock(node) || ts.isSourceFile(node) || ts.isCaseOrDefaultClause(node)) {
      if (ts.isCaseClause(node)) visit(node.expression, inside);
      let before = inside;
      for (const statement of node.statements) before = visit(statement, before);
    } else {
      ts.forEachChild(node, (child) => void visit(child, inside));
    }
    return around;
  };
  visit(source);
  return outline;

  function span(node: ts.Node, within?: Span): Span {
    let inner = node;
    while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
    const isMade = ts.isArrowFunction(inner) || ts.isFunctionExpression(inner);
    return { start: node.getStart(source), end: node.end, within, isMade };
  }

  function taken(label: string, node: ts.Node | undefined, within: Span | undefined): Outcome[] {
    const first = node && ts.isBlock(node) ? node.statements[0] : node;
    return first === undefined ? [] : [{ label, of: span(first, within) }];
  }

  function branchesOf(node: ts.Node, within: Span | undefined, add: typeof branch): void {
    if (ts.isIfStatement(node)) {
      const yes = taken('true', node.thenStatement, within);
      const [first] = yes;
      const no: Outcome[] =
        node.elseStatement === undefined && first !== undefined && 'of' in first
          ? [{ label: 'false', whole: span(node.expression, within), instead: first.of }]
          : taken('false', node.elseStatement, within);
      add(node, 'if', [...yes, ...no]);
    } else if (ts.isConditionalExpression(node)) {
      const { whenTrue, whenFalse } = node;
      add(node, '?:', [...taken('true', whenTrue, within), ...taken('false', whenFalse, within)]);
    } else if (ts.isBinaryExpression(node) && logical.has(node.operatorToken.kind)) {
      const right = span(node.right, within);
      add(node, logical.get(node.operatorToken.kind) as string, [
        { label: 'right side needed', of: right },
        { label: 'right side not needed', whole: span(node.left, within), instead: right },
      ]);
    } else if (ts.isCaseOrDefaultClause(node)) {
      const label = ts.isCaseClause(node) ? node.expression.getText(source) : 'default';
      add(node, 'switch', taken(label, node.statements[0], within));
    } else if (ts.isCatchClause(node)) {
      add(node, 'catch', taken('entered', node.block, within));
    }
  }
}

function isRun(node: ts.Node): boolean {
  return (
    ts.isStatement(node) && !ts.isBlock(node) && !ts.isFunctionDeclaration(node) && !ts.isEmptyStatement(node)
  );
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node;
}
