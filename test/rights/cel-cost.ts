// Runs an expression of an admission policy and counts what it costs by the API server's own measure, rounded up where that is vague.

import { type ASTNode, parse } from '@marcbachmann/cel-js';
import { isList, isObject, type Json, type JsonObject } from '../../sandbox/cluster/json.ts';

/**
 * The server's limits: one expression, one policy on one request, and its match conditions. From the constants
 * `PerCallLimit`, `RuntimeCELCostBudget` and `RuntimeCELCostBudgetMatchConditions` of k8s.io/apiserver/pkg/apis/cel,
 * as https://pkg.go.dev/k8s.io/apiserver/pkg/apis/cel has them; what passes one is refused (`failurePolicy: Fail`).
 */
export const serverLimits = {
  expression: 1_000_000,
  policy: 10_000_000,
  matchConditions: 2_500_000,
} as const;

/** A name in an expression: its value, and what finding it costs the first time. */
export interface Named {
  readonly value: Json;
  readonly cost: number;
}

export type Names = (name: string) => Named | undefined;

/** A text is gone through at ten letters a unit; whatever else, one by one. */
function traversal(value: Json): number {
  if (typeof value === 'string') return Math.ceil(value.length / 10);
  const parts = isList(value) ? value : isObject(value) ? Object.values(value) : [];
  return 1 + parts.reduce<number>((sum, part) => sum + traversal(part), 0);
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
const same = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);

class Run {
  cost = 0;
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  value(node: ASTNode, own: ReadonlyMap<string, Json>): Json {
    const of = (part: ASTNode) => this.value(part, own);
    // What the policies do not use has no cost here, and says so.
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check
    switch (node.op) {
      case 'value':
        return typeof node.args === 'string' || typeof node.args === 'boolean'
          ? node.args
          : Number(node.args);
      case 'id':
        return this.#named(node.args, own);
      case '.': {
        const [owner, key] = node.args;
        this.cost += 1;
        if (owner.op === 'id' && owner.args === 'variables')
          return this.#named(`variables.${key}`, own);
        return member(of(owner), key);
      }
      case '[]': {
        this.cost += 1;
        const [owner, key] = node.args;
        return member(of(owner), textOf(of(key)));
      }
      case 'list':
        this.cost += 10;
        return node.args.map(of);
      case 'map':
        this.cost += 30;
        return {};
      case '!_':
        this.cost += 1;
        return !of(node.args);
      case '&&':
        return of(node.args[0]) === true && of(node.args[1]);
      case '||':
        return of(node.args[0]) === true || of(node.args[1]);
      case '?:':
        return of(node.args[0]) === true ? of(node.args[1]) : of(node.args[2]);
      case '==':
        return this.#equal(of(node.args[0]), of(node.args[1]));
      case 'in':
        return this.#among(of(node.args[0]), of(node.args[1]));
      case '+':
        return this.#sum(of(node.args[0]), of(node.args[1]));
      case 'call':
        return this.#call(node.args[0], node.args[1], of);
      case 'rcall':
        return this.#method(node.args, own);
      default:
        throw new Error(`no cost is known for ${node.op}`);
    }
  }

  #named(name: string, own: ReadonlyMap<string, Json>): Json {
    this.cost += 1;
    const mine = own.get(name);
    if (mine !== undefined) return mine;
    const found = this.#names(name);
    if (found === undefined) throw new Error(`nothing is called ${name}`);
    this.cost += found.cost;
    return found.value;
  }

  #equal(one: Json, other: Json): boolean {
    this.cost += 1 + Math.min(traversal(one), traversal(other));
    return same(one, other);
  }

  #among(one: Json, many: Json): boolean {
    this.cost += 1;
    if (!isList(many)) return isObject(many) && Object.hasOwn(many, textOf(one));
    // None is left out, though the server stops at the first that fits.
    return many.filter((each) => this.#equal(one, each)).length > 0;
  }

  #sum(one: Json, other: Json): Json {
    if (isList(one) && isList(other)) {
      this.cost += 1 + one.length + other.length;
      return [...one, ...other];
    }
    const text = `${textOf(one)}${textOf(other)}`;
    this.cost += 1 + Math.ceil(text.length / 10);
    return text;
  }

  #call(name: string, args: readonly ASTNode[], of: (node: ASTNode) => Json): Json {
    const [arg] = args;
    if (arg === undefined) throw new Error(`${name} of nothing`);
    this.cost += 1;
    if (name === 'has' && arg.op === '.') {
      const owner = of(arg.args[0]);
      return isObject(owner) && Object.hasOwn(owner, arg.args[1]);
    }
    const value = of(arg);
    if (name === 'dyn') return value;
    if (name === 'size') return isList(value) ? value.length : Object.keys(value ?? {}).length;
    throw new Error(`no cost is known for ${name}()`);
  }

  #method(
    [name, owner, args]: readonly [string, ASTNode, readonly ASTNode[]],
    own: ReadonlyMap<string, Json>,
  ): Json {
    const [first, body] = args;
    if (first === undefined) throw new Error(`${name} of nothing`);
    const held = this.value(owner, own);
    if (name === 'matches') {
      const pattern = textOf(this.value(first, own));
      this.cost += Math.ceil(textOf(held).length / 10) * Math.ceil(pattern.length / 4);
      return new RegExp(pattern, 'u').test(textOf(held));
    }
    if ((name !== 'all' && name !== 'exists') || body === undefined || first.op !== 'id') {
      throw new Error(`no cost is known for .${name}()`);
    }
    const items: readonly Json[] = isList(held) ? held : Object.keys(held ?? {});
    // Each turn looks at what it has so far, and joins its own answer to it; none is left out.
    const answers = items.map((item) => {
      this.cost += 5;
      return this.value(body, new Map([...own, [first.args, item]])) === true;
    });
    return name === 'all' ? !answers.includes(false) : answers.includes(true);
  }
}

function member(owner: Json, key: string): Json {
  const found = isObject(owner) ? owner[key] : undefined;
  if (found === undefined) throw new Error(`no such key: ${key}`);
  return found;
}

/** What an expression comes to, and what that costs. */
export function costOf(expression: string, names: Names): Named {
  const run = new Run(names);
  const value = run.value(parse(expression).ast, new Map());
  return { value, cost: run.cost };
}

/** The names of a request, with the variables of a policy: each is paid for once, when it is first asked for. */
export function namesOf(
  request: { readonly [name: string]: JsonObject },
  variables: readonly { readonly name: string; readonly expression: string }[],
): Names {
  const known = new Map<string, Json>(Object.entries(request));
  const names: Names = (name) => {
    const value = known.get(name);
    if (value !== undefined) return { value, cost: 0 };
    const variable = variables.find((each) => `variables.${each.name}` === name);
    if (variable === undefined) return undefined;
    const found = costOf(variable.expression, names);
    known.set(name, found.value);
    return found;
  };
  return names;
}
