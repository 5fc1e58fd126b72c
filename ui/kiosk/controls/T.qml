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
