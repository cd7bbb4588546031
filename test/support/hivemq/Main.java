import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.parameter.*;
import com.hivemq.extension.sdk.api.services.Services;
import java.nio.file.Path;

/** HiveMQ's community edition in the folder that is named, open to everybody. */
public class Main {
    public static void main(final String[] args) throws Exception {
        final SimpleAuthenticator anybody = (input, output) -> output.authenticateSuccessfully();
        final ExtensionMain open = new ExtensionMain() {
            @Override
            public void extensionStart(final ExtensionStartInput input, final ExtensionStartOutput output) {
                Services.securityRegistry().setAuthenticatorProvider(provider -> anybody);
            }

            @Override
            public void extensionStop(final ExtensionStopInput input, final ExtensionStopOutput output) {}
        };
        final EmbeddedExtension extension = EmbeddedExtension.builder()
                .withId("open").withName("open").withVersion("1").withAuthor("test")
                .withPriority(0).withStartPriority(1000).withExtensionMain(open).build();
        final Path folder = Path.of(args[0]);
        EmbeddedHiveMQ.builder().withConfigurationFolder(folder.resolve("conf"))
                .withDataFolder(folder.resolve("data")).withExtensionsFolder(folder.resolve("extensions"))
                .withEmbeddedExtension(extension).build().start().join();
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
