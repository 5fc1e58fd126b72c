import QtQuick
import Hall.Kiosk
import "controls"
import "controls/focus.js" as Focus

// The one window: header, what is to be known, the page, time running out, the bar of actions.
Window {
    id: window

    // in a window on a desk: the glass of the kiosk, drawn as large as the window lets it be; empty: the window is the glass
    property size model: Qt.size(0, 0)
    readonly property bool modelled: window.model.width > 0 && window.model.height > 0
    readonly property Page page: loader.item as Page
    readonly property Item scope: help.open ? help : pin.open ? pin : scene
    property string current
    // what the first page said, unless the network has come or gone since
    readonly property var netLines: ["line.offline", "line.disconnected"]
    readonly property string lineKey: {
        const net = Shell.lines.find(line => window.netLines.includes(line));
        if (Visit.offline)
            return net || "line.offline";
        return Shell.lines.find(line => line !== net) || "";
    }

    function pageFile(page: string): string {
        if (Maintenance.open)
            return "Staff";
        return page === "Home" && Shell.outOfService !== "" ? "OutOfService" : page;
    }

    // Page and data come together; the same page of the same step keeps what was typed on it.
    function show(page: string, info: var): void {
        const name = window.pageFile(page);
        const key = name + " " + Visit.titleKey;
        if (key === window.current && window.page) {
            window.page.info = info;
            return;
        }
        window.current = key;
        loader.setSource("pages/" + name + "Page.qml", {
            "info": info,
            "name": name,
            "pageTop": Qt.binding(() => loader.y)
        });
        enter.restart();
        window.takeFocus();
    }

    // keys go to the page again, after it changed or a sheet over it was closed
    function takeFocus(): void {
        if (Shell.keys)
            window.focusFirst();
        else
            scene.forceActiveFocus();
    }

    function focusFirst(): void {
        const first = Focus.first(loader) || Focus.first(window.scope);
        if (first)
            first.forceActiveFocus(Qt.TabFocusReason);
    }

    function move(across: int, down: int): void {
        const from = window.activeFocusItem;
        const next = from && from.activeFocusOnTab ? Focus.nearest(window.scope, from, across, down) : Focus.first(loader) || Focus.first(window.scope);
        if (next)
            next.forceActiveFocus(Qt.TabFocusReason);
    }

    title: T.t("header.kiosk")
    color: Theme.paper
    onActiveFocusItemChanged: if (Shell.keys)
        Focus.reveal(window.activeFocusItem)
    Component.onCompleted: window.show("Home", {})

    Connections {
        target: Visit

        function onShown(page: string, info: var): void {
            window.show(page, info);
        }
    }

    // whether the kiosk can work at all is known after the page, sometimes
    Connections {
        target: Shell

        function onChanged(): void {
            if (Visit.page === "Home" && !window.current.startsWith(window.pageFile("Home")))
                window.show("Home", window.page ? window.page.info : {});
        }
    }

    Connections {
        target: Maintenance

        function onChanged(): void {
            if (Maintenance.open !== window.current.startsWith("Staff"))
                window.show(Visit.page, window.page ? window.page.info : {});
        }
    }

    Item {
        id: glass

        anchors.centerIn: parent
        width: window.modelled ? window.model.width : window.width
        height: window.modelled ? window.model.height : window.height
        scale: window.modelled ? Math.min(window.width / width, window.height / height) : 1
        onWidthChanged: Theme.set_size(glass.width, glass.height)
        onHeightChanged: Theme.set_size(glass.width, glass.height)

        Item {
            id: scene

            anchors.fill: parent
            focus: true

            Keys.onPressed: event => {
                Shell.touched();
                if (event.key === Qt.Key_F1) {
                    Shell.open_help();
                } else if (event.key === Qt.Key_F12) {
                    Maintenance.knock();
                } else if (event.key === Qt.Key_Escape) {
                    if (bar.canBack)
                        bar.back();
                    else if (bar.canHome)
                        bar.home();
                } else if (event.key === Qt.Key_Home && bar.canHome) {
                    bar.home();
                } else if (event.key === Qt.Key_Left || event.key === Qt.Key_Right) {
                    Shell.use_keys(true);
                    window.move(event.key === Qt.Key_Left ? -1 : 1, 0);
                } else if (event.key === Qt.Key_Up || event.key === Qt.Key_Down) {
                    Shell.use_keys(true);
                    window.move(0, event.key === Qt.Key_Up ? -1 : 1);
                } else if ((event.key === Qt.Key_Return || event.key === Qt.Key_Enter) && bar.primaryText !== "" && bar.primaryEnabled) {
                    if (Visit.tap())
                        bar.primary();
                } else if (event.key === Qt.Key_Backspace) {
                    if (window.page)
                        window.page.keyed("\b");
                } else if (event.text !== "" && event.text >= " " && window.page) {
                    window.page.keyed(event.text);
                } else {
                    event.accepted = false;
                    return;
                }
                event.accepted = true;
            }

            Header {
                id: header

                width: parent.width
                onKnocked: Maintenance.knock()
            }

            StatusLine {
                id: statusLine

                anchors.top: header.bottom
                width: parent.width
                line: window.lineKey === "" ? "" : T.t(window.lineKey)
            }

            Loader {
                id: loader

                anchors.left: parent.left
                anchors.leftMargin: Theme.pageMargin
                anchors.right: parent.right
                anchors.rightMargin: Theme.pageMargin
                anchors.top: statusLine.bottom
                anchors.topMargin: Theme.unit * (Theme.portrait ? 5 : 4)
                // where there is height the place for the warning is always kept, so that nothing moves when it comes
                anchors.bottom: Theme.portrait || drain.due ? drain.top : strip.visible ? strip.top : bar.top
                anchors.bottomMargin: Theme.unit * 2
                focus: true
            }

            BusySheet {
                anchors.fill: loader
                text: window.page ? window.page.busyText : ""
            }

            DrainBar {
                id: drain

                anchors.left: loader.left
                anchors.right: loader.right
                anchors.bottom: strip.visible ? strip.top : bar.top
                anchors.bottomMargin: Theme.unit
            }

            AccessStrip {
                id: strip

                anchors.left: loader.left
                anchors.right: loader.right
                anchors.bottom: bar.top
                anchors.bottomMargin: Theme.unit * 2
                visible: Theme.lowReach && Theme.reachTop > 0
            }

            ActionBar {
                id: bar

                anchors.bottom: parent.bottom
                width: parent.width
                canBack: window.page ? window.page.canBack : false
                canHome: window.page ? window.page.canHome : false
                primaryText: window.page ? window.page.primaryText : ""
                primaryIcon: window.page ? window.page.primaryIcon : ""
                primaryEnabled: (window.page ? window.page.primaryEnabled : false) && !Visit.busy
                onBack: if (window.page)
                    window.page.goBack()
                onHome: if (window.page)
                    window.page.goHome()
                onHelp: Shell.open_help()
                onPrimary: if (window.page)
                    window.page.primary()
            }
        }

        HelpOverlay {
            id: help

            onVisibleChanged: if (!visible)
                window.takeFocus()
            Keys.onEscapePressed: Shell.close_help()
        }

        PinOverlay {
            id: pin

            onVisibleChanged: if (!visible)
                window.takeFocus()
            Keys.onEscapePressed: Maintenance.close()
        }

        // sees every touch without taking it, so that the idle clock begins anew
        Item {
            anchors.fill: parent

            PointHandler {
                onActiveChanged: if (active) {
                    Shell.use_keys(false);
                    Shell.touched();
                }
            }
        }
    }

    Shortcut {
        sequences: ["Tab", "Shift+Tab"]
        enabled: !Shell.keys
        onActivated: {
            Shell.use_keys(true);
            window.focusFirst();
        }
    }

    NumberAnimation {
        id: enter

        target: loader
        property: "opacity"
        from: Theme.long > 0 ? 0.2 : 1
        to: 1
        duration: Theme.long
        easing.type: Easing.OutQuad
    }
}
