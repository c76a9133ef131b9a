import { expect, it } from "vitest";
import { type ListPage, makeBook } from "./book";
import { aRow, idAt, rowsFrom } from "./fixtures";
import type { Row } from "./row";

const page = (sessions: Row[]): ListPage => ({ sessions, next: null, partial: false, at: 1 });

it("pages of any length, also empty ones, are one list", () => {
  const book = makeBook([], [page([]), page(rowsFrom(10, 3)), page([]), page([]), page(rowsFrom(20, 2)), page([])]);
  expect(book.length).toBe(5);
  expect([0, 1, 2, 3, 4, 5].map((index) => book.at(index)?.session_id)).toEqual([...[10, 11, 12, 20, 21].map((age) => idAt(age)), undefined]);
  for (let index = 0; index < book.length; index += 1) expect(book.indexOf(book.at(index)!.session_id)).toBe(index);
  expect([5, 15, 30].map((age) => book.indexOf(idAt(age)))).toEqual([-1, -1, -1]);
  expect([0, 2, 3, 4, 5].map((index) => book.pageOf(index))).toEqual([1, 1, 4, 4, -1]);
});

it("what was put on top is found, wherever in time it lies", () => {
  const book = makeBook([[aRow(1), aRow(15)]], [page(rowsFrom(10, 3)), page(rowsFrom(20, 2))]);
  expect(book.at(1)?.session_id).toBe(idAt(15));
  expect(book.indexOf(idAt(15))).toBe(1);
  expect(book.indexOf(idAt(12))).toBe(4);
  expect(book.pageOf(1)).toBe(-1);
  expect(book.pageOf(5)).toBe(1);
  expect(book.idsBetween(3, 1)).toEqual([idAt(15), idAt(10), idAt(11)]);
});

it("finds rows among many pages", () => {
  const pages = Array.from({ length: 100 }, (_, place) => page(rowsFrom(place * 20, 20)));
  const book = makeBook([], pages);
  const wrong = Array.from({ length: 2000 }, (_, age) => age).filter((age) => book.indexOf(idAt(age)) !== age);
  expect(wrong).toEqual([]);
});

it("an empty book holds nothing", () => {
  const book = makeBook([], []);
  expect([book.length, book.at(0), book.indexOf(idAt(1)), book.pageOf(0)]).toEqual([0, undefined, -1, -1]);
  expect(book.idsBetween(0, -1)).toEqual([]);
});
