// holiday_calendar_days.mjs - prints the same days as calendar_days.c, from the package holiday-calendar. Arguments: its folder, first year, last year.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, first, last] = process.argv.slice(2);
for (let year = Number(first); year <= Number(last); year++) {
	const { dates } = JSON.parse(readFileSync(join(folder, "data", "CN", `${year}.json`), "utf8"));
	const isWorking = new Map(dates.map(({ date, type }) => [date, type === "transfer_workday"]));
	for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 86400000) {
		const day = new Date(at).toISOString().slice(0, 10);
		const isWeekday = ![0, 6].includes(new Date(at).getUTCDay());
		console.log(day, Number(isWorking.get(day) ?? isWeekday));
	}
}
