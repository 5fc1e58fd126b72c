import QtQuick
import Hall.Kiosk

// The four switches that suit the screen to a person: language, large type, high contrast, low reach.
Row {
    id: root

    property bool spread: true
    readonly property real share: (root.width - root.spacing * 3) / 4

    spacing: Theme.gap

    SwitchButton {
        width: root.spread ? root.share : implicitWidth
        text: T.t("switch.language")
        icon: "language"
        onClicked: Shell.switch_language()
    }

    SwitchButton {
        width: root.spread ? root.share : implicitWidth
        text: T.t("switch.elder")
        icon: "elder"
        on: Theme.elder
        onClicked: Shell.switch_elder()
    }

    SwitchButton {
        width: root.spread ? root.share : implicitWidth
        text: T.t("switch.contrast")
        icon: "contrast"
        on: Theme.contrast
        onClicked: Shell.switch_contrast()
    }

    SwitchButton {
        width: root.spread ? root.share : implicitWidth
        text: T.t("switch.reach")
        icon: "reach"
        on: Theme.lowReach
        onClicked: Shell.switch_low_reach()
    }
}
