pragma Singleton

import QtQml
import Hall.Kiosk

// Key to text. Bindings that call it are evaluated again when the language changes.
QtObject {
    id: root

    readonly property var texts: Words.texts
    readonly property string language: Words.chinese ? "zh" : "en"

    function has(key: string): bool {
        return root.texts[key] !== undefined;
    }

    // A key that has no text shows itself between brackets, so that tests and testers find it.
    function t(key: string): string {
        const text = root.texts[key];
        return text === undefined ? "⟦" + key + "⟧" : text;
    }

    function f(key: string, values: var): string {
        let text = root.t(key);
        for (const name in values)
            text = text.split("{" + name + "}").join(String(values[name]));
        return text;
    }

    // A text that came with both languages; Chinese stands in for what has no English.
    function of(text: var): string {
        if (text === undefined || text === null)
            return "";
        if (typeof text === "string")
            return text;
        return text[root.language] || text.zh || "";
    }

    // A day as people say it; ``moment`` has a date (2026-03-09) and how many days from today it is.
    function day(moment: var): string {
        return root.dated("header.date", moment);
    }

    function dated(key: string, moment: var): string {
        const at = new Date(moment.date + "T00:00:00Z");
        return root.f(key, {"day": at.getUTCDate(), "monthName": root.t("month." + (at.getUTCMonth() + 1)), "weekday": root.weekday(moment)});
    }

    function weekday(moment: var): string {
        return root.t("weekday." + (new Date(moment.date + "T00:00:00Z").getUTCDay() || 7));
    }

    // Today and tomorrow by those names, other days by nothing.
    function near(moment: var): string {
        return moment.days === 0 ? root.t("day.today") : moment.days === 1 ? root.t("day.tomorrow") : "";
    }

    function nearDay(moment: var): string {
        const near = root.near(moment);
        return near === "" ? root.day(moment) : root.f("day.near", {"near": near, "date": root.day(moment)});
    }

    // A text with the instant in it that goes with it, if there is one: ``values`` names instants.
    function when(key: string, values: var): string {
        for (const name in values || {}) {
            if (root.has(key + "." + name))
                return root.at(key + "." + name, values[name]);
        }
        return root.t(key);
    }

    function at(key: string, moment: var): string {
        return root.f(key, {"date": root.day(moment), "time": moment.time});
    }

    function span(from: var, until: var): string {
        return root.f("time.span", {"from": from.time, "until": until.time});
    }

    // Seconds of waiting, low to high, in whole minutes rounded as people say them.
    function range(low: var, high: var): string {
        if (low === undefined || low === null || high === undefined || high === null)
            return root.t("wait.unknown");
        const from = Math.floor(low / 60);
        const to = Math.max(Math.ceil(high / 60), 1);
        if (to <= 1)
            return root.t("wait.none");
        if (from < 1)
            return root.f("wait.upTo", {"high": to});
        return from === to ? root.f("wait.about", {"high": to}) : root.f("wait.range", {"low": from, "high": to});
    }

    function people(count: int): string {
        return count === 0 ? root.t("queue.nobody") : root.f(count === 1 ? "queue.onePerson" : "queue.people", {"count": count});
    }
}
